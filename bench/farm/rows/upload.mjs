// An artifact on its way into the store, beside the same bytes to a server that writes and synchronises, without hashing.

import { fork } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { call, claim, finish, submit } from '../client.mjs'

const BYTES = 256 << 20
const TIMES = 3

export const upload = {
  id: 'upload',
  title: `upload of ${BYTES >> 20} MiB, hashed and durable`,
  async measure({ server, scratch }) {
    const content = Buffer.concat(Array(16).fill(randomBytes(BYTES / 16)))
    const sha256 = createHash('sha256').update(content).digest('hex')
    const plain = await startPlain(scratch)
    const [ours, theirs] = [[], []]
    for (let number = 0; number < TIMES; number++) {
      theirs.push(await timed(() => call(plain, 'PUT', '/file', content)))
      await submit(server, `upload-${number}`, 'upload')
      const attempt = await claim(server, 'uploading', 'upload')
      const path = `/api/v1/attempts/${attempt.execution}/artifacts/file`
      const headers = { 'peipkg-attempt': attempt.token }
      ours.push(
        await timed(async () => {
          const { status, body } = await call(server, 'PUT', path, content, headers)
          if (status !== 200 || body.sha256 !== sha256) throw new Error(`${status} ${JSON.stringify(body)}`)
        }),
      )
      await finish(server, attempt, { artifacts: [{ name: 'file', sha256, bytes: BYTES }] })
    }
    plain.close()
    const rate = BYTES / 1e6 / (median(ours) / 1000)
    return [
      {
        what: 'of the speed of a server that does not hash',
        value: median(theirs) / median(ours),
        unit: '×',
        least: 0.7,
      },
      { what: 'in all', value: rate, unit: 'MB/s' },
    ]
  },
}

const median = (times) => times.toSorted((a, b) => a - b)[times.length >> 1]

async function timed(work) {
  const started = performance.now()
  await work()
  return performance.now() - started
}

async function startPlain(scratch) {
  const directory = join(scratch, 'plain')
  mkdirSync(directory, { recursive: true })
  const child = fork(fileURLToPath(new URL('../plain-server.mjs', import.meta.url)), [
    join(directory, 'file'),
  ])
  const [port] = await once(child, 'message')
  const close = () => {
    child.kill()
    rmSync(directory, { recursive: true, force: true })
  }
  return { url: `http://127.0.0.1:${port}`, token: 'none', close }
}
