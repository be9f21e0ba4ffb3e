/** A sweep over many recipes with nothing to build: 30 recipes in the suite, 500 in `npm run test:load`. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { freshDirectory } from '../manager/directory.ts'
import { createFarm, type Farm } from '../manager/farm.ts'

const directory = freshDirectory()
const full = process.env.PEIPKG_LOAD !== undefined
const recipes = full ? 500 : 30
const tags = 50

const versions = Array.from({ length: tags }, (_, index) => `2.${index}`)
const ids = Array.from({ length: recipes }, (_, index) => `recipe${index}`)

it(`${recipes} recipes of ${tags} tags`, async () => {
  const farm = createFarm(directory.path)
  for (const version of versions) farm.upstream.git('tag', `v${version}`)
  farm.upstream.git('pack-refs', '--all')
  farm.recipe('hello', { pattern: '' })
  for (const id of ids) farm.recipe(id, { pattern: '^v(2\\..*)$' })
  publishAll(farm)
  const bare = await timed(() => listAll(farm))
  const running = farm.start(['--once'])
  const memory = watchMemory(running.child.pid ?? 0)
  const sweep = await timed(async () => {
    const { code, stderr } = await running.ended
    expect(code).toBe(0)
    expect(stderr.match(/msg="poll complete"/g)).toHaveLength(recipes)
    expect(stderr).not.toContain('starting build')
    expect(stderr).not.toContain('level=WARN')
  })
  const peak = (await memory) / 1024
  process.stderr.write(
    `load: ${recipes} recipes, ${tags} tags: ${bare} ms bare, ${sweep} ms swept, ${Math.round(peak)} MB\n`,
  )
  expect(peak).toBeLessThanOrEqual(150)
  if (full) expect(sweep / bare).toBeLessThanOrEqual(2)
}, 600_000)

/** A repository in which every version of every recipe is published, as far as the manager looks. */
function publishAll(farm: Farm): void {
  const packages = ids.flatMap((name) =>
    versions.map((version) => ({
      name,
      version: `${version}-1`,
      architecture: 'noarch',
      description: 'one of very many packages',
      dependencies: [],
      hash: { algorithm: 'sha256', value: '0'.repeat(64) },
      url: `/p/${name}/${version}-1/${name}_${version}-1_noarch.peipkg`,
    })),
  )
  const repo = join(farm.state, 'repo')
  mkdirSync(join(repo, 'index'), { recursive: true })
  writeFileSync(join(repo, 'repo.json'), '{}')
  const document = { generated_at: new Date().toISOString(), packages }
  writeFileSync(join(repo, 'index/archive.json'), JSON.stringify(document))
}

/** The same calls of git without a manager, as many at a time. */
async function listAll(farm: Farm): Promise<void> {
  const next = ids.values()
  const worker = async () => {
    for (const _ of next) {
      const child = spawn('git', ['ls-remote', '--tags', '--', farm.upstream.path], { stdio: 'ignore' })
      await once(child, 'exit')
    }
  }
  await Promise.all(Array.from({ length: 16 }, worker))
}

async function timed(action: () => Promise<void>): Promise<number> {
  const begun = performance.now()
  await action()
  return Math.round(performance.now() - begun)
}

/** The most memory that the process had, in KiB, once it has ended. */
async function watchMemory(pid: number): Promise<number> {
  let peak = 0
  for (;;) {
    let status: string
    try {
      status = readFileSync(`/proc/${pid}/status`, 'utf8')
    } catch {
      return peak
    }
    const [, size] = /^VmHWM:\s+(\d+) kB$/m.exec(status) ?? []
    if (size === undefined) return peak
    peak = Math.max(peak, Number(size))
    await sleep(20)
  }
}
