/** A manager that hands its builds to a farm: built elsewhere, signed and published here. */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { HistoryAnswer } from '../../../ts/farm/api/execution.ts'
import type { InfoAnswer } from '../../../ts/farm/api/info.ts'
import { eventually } from '../../farm/eventually.ts'
import { openProxy } from '../../farm/proxy.ts'
import { openFarm, type RealFarm } from '../../farm/real-farm.ts'
import { freshDirectory } from '../../manager/directory.ts'
import { createFarm, type Farm } from '../../manager/farm.ts'
import { run } from '../../programs.ts'

const directory = freshDirectory()
let manager: Farm
let farm: RealFarm

beforeEach(async () => {
  manager = createFarm(directory.path)
  farm = await openFarm('', { GIT_ALLOW_PROTOCOL: 'file' })
  manager.configure(`[farm]\nserver = "${farm.url}"\ntoken_file = "${farm.tokenFile}"`)
})
afterEach(() => farm.close())

/** A recipe is for the platforms that are known. */
async function startWorker(): Promise<void> {
  farm.worker('here', '--sandbox', 'none', '--name', 'builder')
  for (;;) {
    const { workers } = await farm.json<{ workers: readonly object[] }>('workers')
    if (workers.length > 0) return
  }
}

test('builds are made by the farm, and published with the key of the manager', async () => {
  await startWorker()
  const { code, stderr } = await manager.once()
  expect(stderr).not.toContain('level=ERROR')
  expect(code).toBe(0)
  expect(manager.archived()).toEqual(['hello 1.0.0-1', 'hello 1.1.0-1'])
  expect((await run('peipkg-repo', ['verify', '--repo', join(manager.state, 'repo')])).code).toBe(0)
  const { executions } = await farm.json<HistoryAnswer>('history')
  expect(executions.map(({ kind, result_text, published }) => [kind, result_text, published])).toEqual([
    ['recipe', 'exited 0', []],
    ['recipe', 'exited 0', []],
  ])
})

test('a build that fails there fails here, with its log and its back-off', async () => {
  manager.recipe('hello', { script: 'echo it is broken\nexit 3\n' })
  await startWorker()
  const { stderr } = await manager.once()
  expect(stderr).toMatch(
    /msg="build failed" recipe=hello .*err="farm build hello 1\.1\.0-1: exited \d+ on here/,
  )
  const logs = join(manager.state, 'logs', 'hello')
  const texts = readdirSync(logs).map((name) => readFileSync(join(logs, name), 'utf8'))
  expect(texts.join()).toContain('it is broken')
  expect(manager.archived()).toEqual([])
})

/** Notes of jobs that the farm has. */
const notes = () => {
  const path = join(manager.state, 'farm')
  return existsSync(path) ? readdirSync(path).map((name) => readFileSync(join(path, name), 'utf8')) : []
}

/** The manager is killed while the farm builds for it; `go` lets the build end. */
async function killWhileBuilding(): Promise<{ go(): void }> {
  const sign = join(directory.path, 'go')
  const script = `while [ ! -e '${sign}' ]; do sleep 0.1; done`
  manager.recipe('hello', { script })
  await startWorker()
  const { child, ended } = manager.start(['--once'])
  await eventually(async () => (await farm.json<InfoAnswer>('info')).running.length).toBe(1)
  expect(notes()).toHaveLength(1)
  child.kill('SIGKILL')
  await ended
  return { go: () => writeFileSync(sign, '') }
}

test('a manager that was killed goes on with the build that the farm has for it', async () => {
  const { go } = await killWhileBuilding()
  const next = manager.once()
  await eventually(async () => (await farm.json<InfoAnswer>('info')).running.length).toBe(1)
  go()
  const { code, stderr } = await next
  expect(stderr).toContain(
    'msg="the farm has this build already; going on with it" recipe=hello version=1.1.0-1',
  )
  expect(stderr).not.toContain('level=ERROR')
  expect(code).toBe(0)
  expect(manager.archived()).toEqual(['hello 1.0.0-1', 'hello 1.1.0-1'])
  const { executions } = await farm.json<HistoryAnswer>('history')
  expect(executions.map(({ result_text }) => result_text)).toEqual(['exited 0', 'exited 0'])
  expect(notes()).toEqual([])
})

test('what a killed manager had at the farm, and nobody wants any more, is cancelled there', async () => {
  await killWhileBuilding()
  rmSync(join(directory.path, 'recipes/hello'), { recursive: true })
  const { stderr } = await manager.once()
  expect(stderr).toContain('was cancelled at the farm: nothing wants it any more')
  await eventually(async () =>
    (await farm.json<HistoryAnswer>('history')).executions.map((one) => one.result_text),
  ).toEqual(['cancelled'])
  expect([notes(), (await farm.json<InfoAnswer>('info')).schedule]).toEqual([[], []])
})

test('a job that a farm out of reach did not get is handed in again under its name', async () => {
  await startWorker()
  const network = await openProxy(farm.port)
  manager.configure(`[farm]\nserver = "${network.url}"\ntoken_file = "${farm.tokenFile}"`)
  network.mode = 'refuse'
  expect((await manager.once()).stderr).toContain('level=ERROR msg="build failed" recipe=hello')
  const names = notes().map((note) => (JSON.parse(note) as { readonly name: string }).name)
  expect(names.length).toBeGreaterThan(0)
  network.mode = 'open'
  expect((await manager.once()).code).toBe(0)
  await network.close()
  const { executions } = await farm.json<HistoryAnswer>('history')
  expect(executions.map(({ job }) => job)).toEqual(expect.arrayContaining(names))
  expect(executions).toHaveLength(2)
  expect([notes(), manager.archived()]).toEqual([[], ['hello 1.0.0-1', 'hello 1.1.0-1']])
})
