/** Recipe jobs: platforms, order, publication, rebuilding; and what is kept, posted and thrown away (file 10). */
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Attempt } from '../../../ts/farm/api/attempt.ts'
import type { RecipeSpec } from '../../../ts/farm/api/job.ts'
import { paths } from '../../../ts/farm/api/paths.ts'
import { sweep } from '../../../ts/farm/server/retention.ts'
import { run } from '../../programs.ts'
import { goldenRecipe, goldenTimestamp, signingKey } from '../../recipes.ts'
import { onEveryEngine } from './engines.ts'
import type { World } from './world.ts'

const scratch = mkdtempSync(join(tmpdir(), 'peipkg-farm-recipes-'))
const timestamp = ['--timestamp', goldenTimestamp]
let repository: string
const posted = new Map<string, Buffer>()
let failing = true
let world: World
let unsigned: Buffer

const receiver = createServer(async (request, response) => {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  if (request.headers.authorization !== 'Bearer sesame') return void response.writeHead(401).end()
  if (!failing) posted.set(request.url ?? '', Buffer.concat(chunks))
  response.writeHead(failing ? 500 : 200).end()
})

beforeAll(async () => {
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve))
  const out = join(scratch, 'out')
  const identity = ['--version', '0.1-1', '--source-ref', 'none', '--farm-id', 'f', ...timestamp]
  const recipe = goldenRecipe('hello', scratch)
  const built = await run('peipkg-build', ['build', ...recipe, ...identity, '--out', out])
  expect(built.code).toBe(0)
  unsigned = readFileSync(join(out, 'hello_0.1-1_noarch.peipkg'))
})
afterAll(() => {
  receiver.close()
  rmSync(scratch, { recursive: true, force: true })
})

/** A repository of its own for each engine. */
async function publishing() {
  repository = mkdtempSync(join(scratch, 'repository-'))
  const init = ['init', '--name', 'test', '--sign-key', signingKey, '--out', repository, ...timestamp]
  expect((await run('peipkg-repo', init)).code).toBe(0)
  const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/farm`
  const publish = `[publish]\nrepo = "${repository}"\nsign_key = "${signingKey}"\n`
  writeFileSync(join(scratch, 'upload.token'), 'sesame\n')
  const upload = `upload = "${url}"\nupload_token_file = "${join(scratch, 'upload.token')}"\n`
  return { configuration: `${upload}${publish}[keep]\nexecutions = 1\ndays = 1\n` }
}

const toml = (architecture: string) =>
  `[meta]\nbuild_script = "build.sh"\n[[package]]\nname = "hello"\narchitecture = "${architecture}"\nfiles = ["usr/"]\n`

function recipe(architecture: string, more: Partial<RecipeSpec> = {}): RecipeSpec {
  const file = (name: string, text: string) => ({
    name,
    content: Buffer.from(text).toString('base64'),
    executable: false,
  })
  return {
    ...{
      files: [file('peipkg.toml', toml(architecture)), file('build.sh', 'true\n')],
      version: '0.1-1',
      source_ref: '',
    },
    ...{ farm_id: '', timestamp: goldenTimestamp, environment: {}, needs: [], publish: true, ...more },
  }
}

const submit = (name: string, spec: RecipeSpec, more: object = {}) =>
  world.ask<{ executions: string[]; error?: { message: string } }>('POST', paths.jobs, {
    ...{ kind: 'recipe', name, recipe: spec, ...more },
  })

const builder = async (worker: string, platform: string, architecture = 'x86_64') =>
  (await world.claim(worker, platform, { architecture })) as Attempt

async function finishWith(attempt: Attempt, name: string, content: Buffer): Promise<void> {
  await world.as(attempt).upload(name, content)
  const sha256 = createHash('sha256').update(content).digest('hex')
  await world.as(attempt).finish({ artifacts: [{ name, sha256, bytes: content.length }] })
}

async function ended(execution: string) {
  for (;;) {
    const view = await world.view(execution)
    if (view.state === 'ended') return view
    await world.advance(0)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

onEveryEngine('recipes', publishing, (opened) => {
  beforeAll(() => {
    world = opened()
    failing = true
  })

  describe('a recipe', () => {
    test('is built on every platform of its architecture, and on one when it is for all', async () => {
      expect((await submit('none', recipe('aarch64'))).body.error?.message).toContain('no such platform')
      await builder('a', 'arm', 'aarch64')
      await builder('b', 'intel-1')
      await builder('c', 'intel-2')
      expect((await submit('arm', recipe('aarch64', { publish: false }))).body.executions).toHaveLength(1)
      expect((await submit('intel', recipe('x86_64', { publish: false }))).body.executions).toHaveLength(2)
      expect((await submit('all', recipe('noarch', { publish: false }))).body.executions).toHaveLength(1)
    })

    test('is verified, signed and published; and built again elsewhere to the same bytes', async () => {
      const { body } = await submit('hello', recipe('noarch'), { platform: 'publish' })
      const attempt = await builder('p1', 'publish')
      expect(attempt).toMatchObject({ kind: 'recipe', recipe: { version: '0.1-1', source_ref: 'none' } })
      await finishWith(attempt, 'hello_0.1-1_noarch.peipkg', unsigned)
      const view = await ended(body.executions[0] as string)
      expect([view.result_text, view.published]).toEqual(['exited 0', ['hello_0.1-1_noarch.peipkg']])
      expect((await run('peipkg-repo', ['verify', '--repo', repository])).code).toBe(0)
      const again = async (name: string, content: Buffer) => {
        const made = await world.ask<{ executions: string[] }>('POST', paths.jobs, {
          ...{ kind: 'rebuild', name, package: 'hello_0.1-1_noarch.peipkg' },
        })
        expect(await world.claim('p1', 'publish')).toBeNull()
        await finishWith(await builder('p2', 'publish'), 'hello_0.1-1_noarch.peipkg', content)
        return await ended(made.body.executions[0] as string)
      }
      expect((await again('rebuild', unsigned)).result_text).toBe('exited 0')
      expect((await again('rebuild-other', Buffer.from('other'))).result_text).toContain(
        'comparison: hello_0.1-1_noarch.peipkg differs',
      )
    })

    test('that is no package is not published, and is tried again later', async () => {
      const { body } = await submit('broken', recipe('noarch'), { platform: 'broken' })
      await finishWith(await builder('q1', 'broken'), 'hello_0.1-1_noarch.peipkg', Buffer.from('nonsense'))
      expect((await ended(body.executions[0] as string)).result_text).toContain('failed: publication: ')
      expect(await builder('q1', 'broken')).toBeNull()
      await world.advance(61_000)
      expect(await builder('q1', 'broken')).toMatchObject({ job: 'broken', number: 1 })
    })

    test('waits for those that it needs, and fails with them', async () => {
      const { body: below } = await submit('below', recipe('noarch', { publish: false }), {
        platform: 'order',
      })
      const { body: above } = await submit('above', recipe('noarch', { publish: false, needs: ['below'] }), {
        platform: 'order',
      })
      const view = await world.view(above.executions[0] as string)
      expect([view.state, view.reason]).toEqual(['blocked', 'needs below, which is not published yet'])
      await world.as(await builder('r1', 'order')).finish({ result: { kind: 'exited', code: 1 } })
      expect((await ended(above.executions[0] as string)).result_text).toBe('dep-failed: below')
      expect((await ended(below.executions[0] as string)).result_text).toBe('exited 1')
      await world.ask('POST', paths.execute('below'), {})
      await world.as(await builder('r1', 'order')).finish()
      expect(await builder('r1', 'order')).toMatchObject({ job: 'above' })
      const circle = await submit('below', recipe('noarch', { needs: ['above'] }), { platform: 'order' })
      expect(circle.body.error?.message).toBe('job name already used')
      const changed = await world.ask<{ error: { message: string } }>('PATCH', paths.job('below'), {
        recipe: recipe('noarch', { needs: ['above'] }),
      })
      expect(changed.body.error.message).toBe('jobs need each other: below → above → below')
    })
  })

  test('what has ended is posted elsewhere, again and again until it is taken', async () => {
    const execution = await world.submit({ name: 'posted', platform: 'posted' })
    const attempt = (await world.claim('s1', 'posted')) as Attempt
    await world.as(attempt).log(0, 'words\n')
    await world.as(attempt).finish({ log_bytes: 6 })
    failing = false
    for (let tries = 0; tries < 200 && !posted.has(`/farm/${execution}/record`); tries++) {
      await world.advance(30_000)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    expect(posted.get(`/farm/${execution}/log`)?.toString()).toBe('words\n')
    expect(JSON.parse(String(posted.get(`/farm/${execution}/record`)))).toMatchObject({
      record: 1,
      execution: { execution },
    })
  })

  test('logs and artifacts of what is neither recent nor among the last are thrown away, records of packages never', async () => {
    const { context } = world.farm
    const names: string[] = []
    for (const text of ['old', 'new']) {
      const [execution] = (await world.ask<{ executions: string[] }>('POST', paths.execute('posted'), {}))
        .body.executions
      names.push(execution as string)
      const attempt = (await world.claim('s1', 'posted')) as Attempt
      await world.as(attempt).log(0, text)
      await finishWith(attempt, 'a', Buffer.from(text))
    }
    await world.engine.query('delete from farm.uploads')
    await world.advance(2 * 86_400_000)
    await sweep(context)
    const [old = '', recent = ''] = names
    expect([(await world.view(old)).kept, (await world.view(recent)).kept]).toEqual([false, true])
    expect([existsSync(context.logs.path(old)), existsSync(context.logs.path(recent))]).toEqual([false, true])
    await world.advance(400 * 86_400_000)
    await sweep(context)
    expect((await world.ask('GET', paths.execution(old))).status).toBe(404)
    const packages = await world.engine.query<{ execution: string }>('select execution from farm.packages')
    expect((await world.ask('GET', paths.record(packages[0]?.execution ?? ''))).status).toBe(200)
  })
})
