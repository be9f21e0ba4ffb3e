/** Published packages that are built again elsewhere and compared, from one end to the other. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ExecutionView } from '../../../ts/farm/api/execution.ts'
import type { WorkersAnswer } from '../../../ts/farm/api/info.ts'
import { openFarm, type RealFarm } from '../../farm/real-farm.ts'
import { run } from '../../programs.ts'
import { goldenTimestamp, signingKey } from '../../recipes.ts'

const scratch = mkdtempSync(join(realpathSync(tmpdir()), 'peipkg-rebuild-'))
const repository = join(scratch, 'repository')
let farm: RealFarm

beforeAll(async () => {
  const timestamp = ['--timestamp', goldenTimestamp]
  const init = ['init', '--name', 'test', '--sign-key', signingKey, '--out', repository, ...timestamp]
  expect((await run('peipkg-repo', init)).code).toBe(0)
  farm = await openFarm(`[publish]\nrepo = "${repository}"\nsign_key = "${signingKey}"\n`)
  for (const name of ['one', 'two']) farm.worker('linux', '--name', name, '--sandbox', 'none')
  while ((await farm.json<WorkersAnswer>('workers')).workers.length < 2);
})
afterAll(async () => {
  await farm?.close()
  rmSync(scratch, { recursive: true, force: true })
})

/** Publishes a package with one file, which the line writes to `$file`. */
async function published(name: string, line: string): Promise<ExecutionView> {
  const recipe = join(scratch, name)
  mkdirSync(recipe)
  const stanza = `[[package]]\nname = "${name}"\narchitecture = "noarch"\nfiles = ["usr/share/${name}/**"]\n`
  writeFileSync(join(recipe, 'peipkg.toml'), `[meta]\nlicense = "MIT"\nbuild_script = "build.sh"\n${stanza}`)
  const script = `set -eu\ndirectory="$DESTDIR/usr/share/${name}"\nmkdir -p "$directory"\nfile="$directory/file"\n${line}\n`
  writeFileSync(join(recipe, 'build.sh'), script)
  const identity = ['--version', '1.0-1', '--timestamp', goldenTimestamp]
  return await followed('schedule-recipe', name, recipe, ...identity)
}

/** Schedules, and observes to the end. */
async function followed(...args: readonly string[]): Promise<ExecutionView> {
  const made = await farm.farm(...args)
  expect(made.stderr).toBe('')
  return await farm.json<ExecutionView>('observe', made.stdout.trim())
}

test('the same bytes come out on another worker', async () => {
  const first = await published('steady', 'echo the same >"$file"')
  expect([first.result_text, first.published]).toEqual(['exited 0', ['steady_1.0-1_noarch.peipkg']])
  const again = await followed('schedule-rebuild', 'check-steady', 'steady_1.0-1_noarch.peipkg')
  expect(again.result_text).toBe('exited 0')
  expect(again.attempts[0]?.worker).not.toBe(first.attempts[0]?.worker)
  expect(again.artifacts.map(({ sha256 }) => sha256)).toEqual(first.artifacts.map(({ sha256 }) => sha256))
  expect((await farm.farm('observe', again.execution)).code).toBe(0)
})

test('what comes out otherwise is named', async () => {
  const first = await published('fickle', 'date +%N >"$file"')
  expect(first.result_text).toBe('exited 0')
  const again = await followed('schedule-rebuild', 'check-fickle', 'fickle_1.0-1_noarch.peipkg')
  expect(again.result_text).toMatch(
    /^failed: comparison: fickle_1\.0-1_noarch\.peipkg differs: it was published with [0-9a-f]{64} unsigned, and built as [0-9a-f]{64}; what differs: usr\/share\/fickle\/file/,
  )
  const shown = await farm.farm('observe', again.execution)
  expect([shown.code, shown.stdout]).toEqual([
    1,
    expect.stringContaining('what differs: usr/share/fickle/file'),
  ])
})

test('a repository that is not there is missed at the start', async () => {
  const directory = join(scratch, 'elsewhere')
  mkdirSync(directory)
  writeFileSync(
    join(directory, 'farm.toml'),
    `[publish]\nrepo = "${directory}/none"\nsign_key = "${signingKey}"\n`,
  )
  const { code, stderr } = await farm.farm(
    'server',
    '--dir',
    join(directory, 'state'),
    '--config-dir',
    directory,
  )
  expect([code, stderr]).toEqual([
    expect.toSatisfy((one) => one !== 0),
    expect.stringContaining('/none is no repository: make it with peipkg-repo init --name NAME'),
  ])
})

test('a package that this farm has not published is no package to rebuild', async () => {
  const { code, stderr } = await farm.farm('schedule-rebuild', 'check-none', 'none_1.0-1_noarch.peipkg')
  expect([code, stderr]).toEqual([1, expect.stringContaining('this farm has published no package')])
})
