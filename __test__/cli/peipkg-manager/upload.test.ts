import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { freshDirectory } from '../../manager/directory.ts'
import { createFarm, type Farm } from '../../manager/farm.ts'
import { installed } from '../../manager/programs.ts'

const directory = freshDirectory()
let farm: Farm

beforeEach(() => {
  farm = createFarm(directory.path)
  farm.recipe('hello', { pattern: '^v(1\\.1.*)$' })
})

const remote = () => join(directory.path, 'remote')
const upload = (order = 'single') =>
  farm.configure(`[upload]\nbackend = "rclone"\nremote = "${remote()}"\norder = "${order}"`)
const index = (path: string) => readFileSync(join(path, 'index/archive.json'), 'utf8')
const pending = () => existsSync(join(farm.state, 'upload-pending'))

/** Notes every call of rclone and does `then`. */
function noteCalls(then = ''): () => readonly string[] {
  const file = join(directory.path, 'rclone.calls')
  farm.program('rclone', `echo "$@" >> "${file}"\n${then}`)
  return () => readFileSync(file, 'utf8').trim().split('\n')
}

describe.skipIf(!installed('rclone'))('uploading with rclone', () => {
  it('copies the repository as it is', async () => {
    upload()
    await farm.once()
    expect(index(remote())).toBe(index(join(farm.state, 'repo')))
    expect(existsSync(join(remote(), 'p/hello/1.1.0-1/hello_1.1.0-1_noarch.peipkg'))).toBe(true)
    expect(pending()).toBe(false)
  })

  it('removes at the remote what is gone here', async () => {
    upload('two-pass')
    mkdirSync(remote())
    writeFileSync(join(remote(), 'stray'), '')
    await farm.once()
    expect(existsSync(join(remote(), 'stray'))).toBe(false)
  })
})

describe('uploading', () => {
  it('is one sync by default', async () => {
    upload()
    const calls = noteCalls()
    await farm.once()
    expect(calls()).toEqual([`sync ${farm.state}/repo ${remote()}`])
  })

  it('brings packages and keys first when told to', async () => {
    upload('two-pass')
    const calls = noteCalls()
    await farm.once()
    expect(calls()).toEqual([
      `copy ${farm.state}/repo/p ${remote()}/p`,
      `copy ${farm.state}/repo/keys ${remote()}/keys`,
      `sync ${farm.state}/repo ${remote()}`,
    ])
  })

  it('that fails is tried again on its own, without a build', async () => {
    upload()
    noteCalls('exit 3')
    const failed = await farm.once()
    expect(failed.code).toBe(0)
    expect(failed.stderr).toMatch(
      /level=ERROR msg="publish failed" recipe=hello version=1\.1\.0-1 err="rclone sync: exit status 3" next_retry_after=1m0s\n/,
    )
    expect(farm.archived()).toEqual(['hello 1.1.0-1'])
    expect(pending()).toBe(true)
    const calls = noteCalls()
    const next = await farm.once()
    expect(next.stderr).toContain('level=INFO msg="upload complete"')
    expect(next.stderr).not.toContain('starting build')
    expect(calls().at(-1)).toBe(`sync ${farm.state}/repo ${remote()}`)
    expect(pending()).toBe(false)
  })

  it('does not keep other recipes from being published', async () => {
    upload()
    noteCalls('exit 3')
    farm.recipe('other')
    await farm.once()
    expect(farm.archived()).toEqual(['hello 1.1.0-1', 'other 1.0.0-1', 'other 1.1.0-1'])
  })

  it('is not wanted after a publication that failed', async () => {
    upload()
    farm.program('peipkg-repo', '[ "$1" = init ] && exec node "$REAL" "$@"; exit 5')
    const real = new URL('../../../bin/peipkg-repo', import.meta.url).pathname
    await farm.once([], { REAL: real })
    expect(pending()).toBe(false)
  })
})
