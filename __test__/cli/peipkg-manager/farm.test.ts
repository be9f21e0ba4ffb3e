/** A manager that hands its builds to a farm: built elsewhere, signed and published here. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { HistoryAnswer } from '../../../ts/farm/api/execution.ts'
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
