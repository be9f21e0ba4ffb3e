import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { endMarked, marksOf } from '../../../ts/manager/processes.ts'
import { freshDirectory } from '../../manager/directory.ts'
import { createFarm, type Farm } from '../../manager/farm.ts'
import { killAt, killPoints } from '../../manager/kill-points.ts'
import { installed } from '../../manager/programs.ts'
import { run } from '../../programs.ts'

const directory = freshDirectory()

/** All of them in `npm run test:load`; here those that leave most behind. */
const sample = ['instead of init', 'after build', 'after publish', 'instead of sync']
const all = process.env.PEIPKG_LOAD !== undefined
const chosen = killPoints.filter(({ when, verb }) => all || sample.includes(`${when} ${verb}`))

describe('after SIGKILL', () => {
  const points = chosen.filter(({ program }) => installed(program))
  it.each(
    points.map((point) => [`${point.when} ${point.program} ${point.verb}`, point] as const),
  )('%s, the next start goes on', async (_, point) => {
    const farm = createFarm(directory.path)
    farm.recipe('hello', { packages: ['hello', 'hello-doc'] })
    if (installed('rclone')) {
      farm.configure(`[upload]\nbackend = "rclone"\nremote = "${farm.directory}/remote"\norder = "two-pass"`)
    }
    killAt(farm, point)
    const killed = await farm.once()
    expect(killed.signal).toBe('SIGKILL')
    const next = await farm.once()
    expect(next.code).toBe(0)
    expect(next.stderr).not.toContain('level=ERROR')
    await expectWhole(farm)
  })
})

/** Everything is published once and whole, uploaded, and nothing is left lying or running. */
async function expectWhole(farm: Farm): Promise<void> {
  expect(farm.archived()).toEqual([
    'hello 1.0.0-1',
    'hello 1.1.0-1',
    'hello-doc 1.0.0-1',
    'hello-doc 1.1.0-1',
  ])
  const verified = await run('peipkg-repo', ['verify', '--repo', join(farm.state, 'repo')])
  expect(verified.stdout).toBe('OK\n')
  for (const name of ['sources', 'publish']) expect(readdirSync(join(farm.state, name))).toEqual([])
  for (const name of ['staging.json', 'upload-pending', 'quarantine']) {
    expect(existsSync(join(farm.state, name))).toBe(false)
  }
  expect(await endMarked(marksOf(farm.state, farm.state), false)).toBe(0)
  if (!installed('rclone')) return
  const index = (path: string) => readFileSync(join(path, 'index/archive.json'), 'utf8')
  expect(index(join(farm.directory, 'remote'))).toBe(index(join(farm.state, 'repo')))
}
