import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { type Workspace, withWorkspace } from '../../ts/build/workspace.ts'

const never = () => {
  throw new Error('not asked to keep')
}

it('is fresh, private, and gone afterwards', async () => {
  const root = await withWorkspace(false, never, async (workspace) => {
    expect(readdirSync(workspace.work)).toEqual([])
    expect(readdirSync(workspace.destdir)).toEqual([])
    expect(statSync(workspace.root).mode & 0o777).toBe(0o700)
    expect(statSync(workspace.destdir).mode & 0o777).toBe(0o755)
    return workspace.root
  })
  expect(existsSync(root)).toBe(false)
})

it('is gone after a failure, with directories that may not be written', async () => {
  let seen: Workspace | undefined
  const failing = withWorkspace(false, never, async (workspace) => {
    seen = workspace
    mkdirSync(join(workspace.destdir, 'locked', 'deep'), { recursive: true })
    writeFileSync(join(workspace.destdir, 'locked', 'deep', 'file'), '')
    chmodSync(join(workspace.destdir, 'locked', 'deep'), 0o500)
    chmodSync(join(workspace.destdir, 'locked'), 0o500)
    throw new Error('the script failed')
  })
  await expect(failing).rejects.toThrow('the script failed')
  expect(existsSync(seen?.root ?? '/')).toBe(false)
})

it('stays with keep, and says where', async () => {
  let kept = ''
  const note = (root: string) => {
    kept = root
  }
  const root = await withWorkspace(true, note, async (workspace) => workspace.root)
  expect(kept).toBe(root)
  expect(existsSync(root)).toBe(true)
  rmSync(root, { recursive: true })
})
