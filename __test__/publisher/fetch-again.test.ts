/** Over HTTP a document and its signature are two requests: a publish may come in between (file 8). */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { checkDetached } from '../../ts/native/signature.ts'
import { publish } from '../../ts/publisher/publish.ts'
import { type Serving, serve } from '../../ts/publisher/serve.ts'
import { whileInconsistent } from '../../ts/repository/adopt.ts'
import { fixtures, publicKey, signingKey } from '../recipes.ts'

let directory: string
let serving: Serving

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'peipkg-again-'))
  cpSync(join(fixtures, 'repository'), join(directory, 'repository'), { recursive: true })
  mkdirSync(join(directory, 'none'))
  serving = await serve({ directory: join(directory, 'repository'), host: '127.0.0.1', port: 0 })
})

afterEach(async () => {
  await serving.close()
  rmSync(directory, { recursive: true })
})

const signal = new AbortController().signal

function publishAgain() {
  const repository = join(directory, 'repository')
  const change = {
    ...{ repository, signKey: signingKey, timestamp: '2026-05-03T12:00:00Z' },
    ...{ signatureFormat: 'envelope' as const, site: true },
  }
  const packages = { kind: 'new', directory: join(directory, 'none') } as const
  const request = { out: repository, packages, urlTemplate: '/p/{filename}', allowUnsigned: false }
  return publish(change, request, { progress: () => {}, signal })
}

async function get(path: string): Promise<Buffer> {
  const answer = await fetch(`${serving.address}/${path}`)
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`)
  return Buffer.from(await answer.arrayBuffer())
}

/** What a reader comes to: `between` runs after the document and before its signature. */
async function read(between: (attempt: number) => Promise<unknown>): Promise<number> {
  let attempt = 0
  return await whileInconsistent(signal, async () => {
    const document = await get('index/active.json')
    await between(++attempt)
    checkDetached(document, await get('index/active.json.sig'), [readFileSync(publicKey)])
    return JSON.parse(document.toString()).index_version
  })
}

it('reads what fits together, even if a publish comes in between twice', async () => {
  for (let version = 4; version <= 10; version += 2) {
    expect(await read((attempt) => (attempt < 3 ? publishAgain() : Promise.resolve()))).toBe(version)
  }
})

it('reports what never fits', async () => {
  await expect(read(() => publishAgain())).rejects.toMatchObject({
    code: expect.stringMatching(/^PEI_SIGNATURE_/),
  })
})
