/** Recipe jobs: the source from outside, the build inside, unsigned packages out. */
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { RecipeSpec } from '../../../ts/farm/api/job.ts'
import { probeSandbox } from '../../../ts/farm/worker/sandbox/probe.ts'
import { freshDirectory } from '../../manager/directory.ts'
import { committed, createUpstream, type Upstream } from '../../manager/upstream.ts'
import { anAttempt, startWorker, type TestWorker } from '../attempts.ts'
import { type FakeServer, openFakeServer } from '../fake-server.ts'

const buildProgram = fileURLToPath(new URL('../../../bin/peipkg-build', import.meta.url))
const bwrap = await probeSandbox('bwrap')
if (bwrap.problem !== undefined) console.log(`not built in bwrap here: ${bwrap.problem}`)
const modes = bwrap.problem === undefined ? (['bwrap', 'none'] as const) : (['none'] as const)

const directory = freshDirectory()
let server: FakeServer
let worker: TestWorker
let upstream: Upstream

beforeEach(async () => {
  vi.stubEnv('GIT_ALLOW_PROTOCOL', 'file')
  upstream = createUpstream(join(directory.path, 'upstream'))
  server = await openFakeServer()
})
afterEach(async () => {
  await worker.leave()
  await server.close()
  vi.unstubAllEnvs()
})

const toml = `[meta]
license = "MIT"
build_script = "build.sh"

[[package]]
name = "greeting"
architecture = "noarch"
description = "Says hello"
files = ["usr/bin/greeting"]

[[package]]
name = "greeting-arm"
architecture = "aarch64"
description = "Says hello elsewhere"
files = ["usr/lib/aarch64-linux-peios/greeting"]
`
const script = `set -eu
ls -A "$SOURCE_DIR"
test ! -e "$SOURCE_DIR/.git"
echo touched >"$SOURCE_DIR/scratch"
install -D -m 755 "$SOURCE_DIR/greeting" "$DESTDIR/usr/bin/greeting"
install -D -m 755 "$SOURCE_DIR/greeting" "$DESTDIR/usr/lib/aarch64-linux-peios/greeting"
echo "made with $COLOUR for $PEIPKG_ARCHITECTURE"
`

function aRecipe(more: Partial<RecipeSpec> = {}): RecipeSpec {
  const file = (name: string, text: string) => ({
    name,
    content: Buffer.from(text).toString('base64'),
    executable: false,
  })
  return {
    files: [file('peipkg.toml', toml), file('build.sh', script)],
    version: '1.0-1',
    source: { git: `file://${upstream.path}`, ref: 'v1.0', commit: '', submodules: false },
    source_ref: '',
    farm_id: 'test-farm',
    timestamp: '',
    environment: { COLOUR: 'green' },
    needs: [],
    publish: true,
    ...more,
  }
}

const recipeAttempt = (recipe: RecipeSpec) => anAttempt('', { kind: 'recipe', recipe })

describe.each(modes)('a recipe in sandbox %s', (mode) => {
  it('is built from its tag, the same bytes each time', async () => {
    const commit = upstream.commit({ greeting: '#!/bin/sh\necho hello\n' })
    upstream.git('tag', 'v1.0')
    worker = startWorker(server.url, { sandboxes: [mode], buildProgram })
    const digests: string[] = []
    for (const _ of [1, 2]) {
      const job = await server.give(recipeAttempt(aRecipe()))
      const { result, artifacts, build } = await job.finished
      expect([result, job.log.toString()]).toEqual([{ kind: 'exited', code: 0 }, expect.any(String)])
      expect(build).toEqual({ commit, timestamp: committed })
      expect(artifacts.map(({ name }) => name)).toEqual(['greeting_1.0-1_noarch.peipkg'])
      digests.push(artifacts[0]?.sha256 ?? '')
      const log = job.log.toString()
      expect(log).toContain('greeting\nmade with green for x86_64\n')
      expect(log).toContain(
        'greeting-arm_1.0-1_aarch64.peipkg is not for x86_64, and is left to another platform',
      )
    }
    expect(digests[0]).toBe(digests[1])
  })
})

describe('a recipe that cannot be built', () => {
  beforeEach(() => {
    worker = startWorker(server.url, { buildProgram })
  })

  it('ends with the exit code of peipkg-build when its script fails', async () => {
    upstream.commit({ other: '' })
    upstream.git('tag', 'v1.0')
    const job = await server.give(recipeAttempt(aRecipe()))
    expect((await job.finished).result).toEqual({ kind: 'exited', code: 1 })
    expect(job.log.toString()).toMatch(/the build script .* failed: exit status 1/)
  })

  it('is infrastructure when the tag is not there, was moved, or lies where nobody may fetch', async () => {
    upstream.commit({ greeting: '' })
    const missing = await server.give(recipeAttempt(aRecipe()))
    expect((await missing.finished).result).toMatchObject({
      kind: 'infrastructure',
      reason: expect.stringMatching(/^cannot prepare the job: git fetch: exit status/),
    })
    upstream.git('tag', 'v1.0')
    const source = { git: `file://${upstream.path}`, ref: 'v1.0', commit: 'a'.repeat(40), submodules: false }
    const moved = await server.give(recipeAttempt(aRecipe({ source })))
    expect((await moved.finished).result).toMatchObject({ reason: expect.stringContaining('it was moved') })
    vi.stubEnv('GIT_ALLOW_PROTOCOL', undefined)
    const local = await server.give(recipeAttempt(aRecipe()))
    await local.finished
    expect(local.log.toString()).toContain("transport 'file' not allowed")
  })

  it('takes the recipe from a repository, too', async () => {
    const recipes = createUpstream(join(directory.path, 'recipes'))
    recipes.commit({ 'greeting/peipkg.toml': toml, 'greeting/build.sh': script })
    recipes.git('tag', 'r1')
    upstream.commit({ greeting: 'x' })
    upstream.git('tag', 'v1.0')
    const repository = {
      git: `file://${recipes.path}`,
      ref: 'r1',
      commit: '',
      submodules: false,
      directory: 'greeting',
    }
    const job = await server.give(recipeAttempt(aRecipe({ files: [], repository })))
    expect((await job.finished).result).toEqual({ kind: 'exited', code: 0 })
    expect(job.artifacts.size).toBe(1)
  })
})
