import { appendFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { fingerprint, makePackage, makeRepository, type PackageDraft } from './packages.ts'
import { normalised, type Scratch, scratch } from './scratch.ts'
import { atTerminal } from './terminal.ts'

let s: Scratch
beforeEach(() => {
  s = scratch()
})
afterEach(() => s.remove())

const local = (draft: PackageDraft) => makePackage(s.directory, draft)

/** `lib` 1-1, then 2-1, from local files: transactions 1 and 2. */
async function upgraded(): Promise<void> {
  await s.ok(['install', '-y', await local({ name: 'lib' })])
  await s.ok(['install', '-y', await local({ name: 'lib', version: '2-1' })])
}

describe('undo', () => {
  test('says what it undoes and where the old version comes from; going back is asked for', async () => {
    await upgraded()
    const dry = await s.ok('undo --dry-run')
    expect(normalised(dry, s)).toMatchInlineSnapshot(`
      "undoing transaction 2 (upgrade lib)
      the following changes will be made:
        downgrade  lib 2-1 -> 1-1
        ! elevated: lib would move backward from 2-1 to 1-1
      download <size>, disk +<size>
      note: lib 1-1 is put back offline, from what is retained here
      (dry run — no changes were made)
      "
    `)
    const refused = await s.peipkg('undo -y')
    expect(refused.code).toBe(1)
    expect(refused.stdout).toContain('cancelled — required authorisation was not given')
    expect(s.read('usr/share/lib/data')).toBe('lib 2-1\n')
    const { code, stderr } = await atTerminal(s, ['undo', '-y'], 'y\n')
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: expect.stringContaining('  lib would move backward from 2-1 to 1-1\n'),
    })
    expect(s.read('usr/share/lib/data')).toBe('lib 1-1\n')
    expect(await s.ok('verify')).toBe('all recorded files are intact\n')
  })

  test('redo goes forward again and needs nobody', async () => {
    await upgraded()
    await atTerminal(s, ['undo', '-y'], 'y\n')
    expect(await s.ok('redo -y')).toContain('redoing transaction 2 (upgrade lib)\n')
    expect(s.read('usr/share/lib/data')).toBe('lib 2-1\n')
    expect(await s.peipkg('redo -y')).toMatchObject({
      code: 1,
      stderr: 'peipkg: redo: there is no undone transaction to redo\n',
    })
    const summaries = (await s.ok('history')).trim().split('\n')
    expect(summaries.map((line) => line.replace(/.*committed {2}/, ''))).toEqual([
      'upgrade lib',
      'downgrade lib',
      'upgrade lib',
      'install lib',
    ])
  })

  test('an install and a removal, offline, with reason and origin', async () => {
    const repository = join(s.directory, 'repository')
    const dependent = { name: 'app', fields: { dependencies: [{ name: 'lib' }] } }
    await makeRepository(repository, { packages: [await local({ name: 'lib' }), await local(dependent)] })
    await s.ok(`repo add test file://${repository} --anchor ${fingerprint}`)
    await s.ok('install -y app')
    const before = await s.ok('list --json')
    await s.ok('remove -y app lib')
    rmSync(repository, { recursive: true })
    const undone = await s.ok('undo -y')
    expect(undone).toContain('undoing transaction 2 (remove app, lib)\n')
    expect(await s.ok('list --json')).toBe(before)
    expect(s.tree()).toContain('usr/share/app/data')
    expect(await s.ok('undo 1 -y')).toContain('  remove     app 1-1\n')
    expect(s.tree()).toEqual(['usr/', 'usr/share/'])
  })

  test('what is no longer retained is fetched as a whole', async () => {
    const repository = join(s.directory, 'repository')
    await makeRepository(repository, { packages: [await local({ name: 'lib' })] })
    await s.ok(`repo add test file://${repository} --anchor ${fingerprint}`)
    await s.ok('install -y lib')
    await s.ok('remove -y lib')
    expect(await s.ok('clean --backups')).toContain('removed 1 retained backup(s)\n')
    const [newest] = JSON.parse(await s.ok('history --json'))
    expect(newest).toMatchObject({ id: 2, undoable: false })
    await makeRepository(repository, {
      version: 2,
      generatedAt: '2026-05-02T12:00:00Z',
      packages: [await local({ name: 'lib', version: '2-1' })],
      archived: [await local({ name: 'lib' })],
    })
    await s.ok('refresh')
    expect(await s.ok('undo --dry-run')).toContain('note: lib 1-1 comes from test\n')
    await s.ok('undo -y')
    expect(s.read('usr/share/lib/data')).toBe('lib 1-1\n')
  })

  test('a version that is nowhere any more says so', async () => {
    await s.ok(['install', '-y', await local({ name: 'lib' })])
    await s.ok('remove -y lib')
    await s.ok('clean --backups')
    expect(await s.peipkg('undo -y')).toMatchObject({
      code: 1,
      stderr:
        'peipkg: cannot restore lib 1-1: not all of its files are retained, and no configured repository offers it\n' +
        'peipkg:   no repositories are configured (add one: peipkg repo add <name> <base-url> --anchor <fingerprint>)\n',
    })
  })

  test('an older transaction is refused where its packages have moved on', async () => {
    await upgraded()
    expect(await s.peipkg('undo 1 -y')).toMatchObject({
      code: 1,
      stderr:
        'peipkg: undo: transaction 1 left lib 1-1, and now there is lib 2-1 (undo the later transactions first)\n',
    })
    await s.ok(['install', '-y', await local({ name: 'other' })])
    expect(await s.ok('undo 3 -y')).toContain('undoing transaction 3 (install other)\n')
  })

  test('what others need now is not taken away', async () => {
    await s.ok(['install', '-y', await local({ name: 'lib' })])
    const app = await local({ name: 'app', fields: { dependencies: [{ name: 'lib' }] } })
    await s.ok(['install', '-y', app])
    const { code, stderr } = await s.peipkg('undo 1 -y')
    expect(code).toBe(1)
    expect(stderr).toContain('cannot remove lib: needed by app')
    await s.ok('undo 1 -y --cascade')
    expect(await s.ok('list')).toBe('no packages are installed\n')
  })

  test('nothing to undo, and what is no transaction', async () => {
    expect(await s.peipkg('undo')).toMatchObject({
      code: 1,
      stdout: '',
      stderr: 'peipkg: undo: there is no committed transaction to undo\n',
    })
    expect(await s.peipkg('undo 7')).toMatchObject({
      code: 1,
      stderr: 'peipkg: undo: there is no transaction 7\n',
    })
    expect((await s.peipkg('undo seven')).code).toBe(2)
  })

  test('a file changed since is displaced, not lost; configuration is kept', async () => {
    const files = (text: string) => ({ 'etc/lib.conf': `${text}\n`, 'usr/share/lib/data': `${text}\n` })
    await s.ok(['install', '-y', await local({ name: 'lib', files: files('one') })])
    await s.ok(['install', '-y', await local({ name: 'lib', version: '2-1', files: files('two') })])
    writeFileSync(join(s.root, 'etc/lib.conf'), 'mine\n')
    writeFileSync(join(s.root, 'usr/share/lib/data'), 'mine\n')
    const { stderr } = await atTerminal(s, ['undo', '-y'], 'y\n')
    expect(stderr).toContain('/etc/lib.conf has been modified since install — keeping it')
    expect(s.read('etc/lib.conf')).toBe('mine\n')
    expect(s.read('etc/lib.conf.peipkg-new')).toBe('one\n')
    expect(s.read('usr/share/lib/data')).toBe('one\n')
  })

  test('--json: one document, and never a question', async () => {
    await upgraded()
    const dry = JSON.parse(await s.ok('undo --dry-run --json'))
    expect(dry.plan.changes).toMatchObject([{ action: 'downgrade', name: 'lib', retained: true }])
    expect(dry.plan.elevated).toHaveLength(1)
    const refused = await s.peipkg('undo -y --json')
    expect(refused.code).toBe(1)
    expect(JSON.parse(refused.stdout).error.code).toBe('PEI_AUTH_REQUIRED')
  })
})

describe('rollback', () => {
  test('goes back to the state after a transaction, in one transaction', async () => {
    await upgraded()
    await s.ok(['install', '-y', await local({ name: 'other' })])
    const { code, stdout } = await atTerminal(s, ['rollback', '1', '-y'], 'y\n')
    expect(code).toBe(0)
    expect(stdout).toContain('rolling back to the state after transaction 1 (undoing 2 transactions)\n')
    expect(await s.ok('list')).toBe('lib  1-1  noarch\n')
    const [newest] = JSON.parse(await s.ok('history --json'))
    expect(newest).toMatchObject({ id: 4, reverses: [2, 3] })
    expect(await s.ok('rollback 4 -y')).toContain('nothing to do — the request is already satisfied\n')
    expect(await s.ok('redo -y')).toContain('redoing transaction 4')
    expect(await s.ok('list')).toBe('lib  2-1  noarch\nother  1-1  noarch\n')
  })
})

describe('history', () => {
  test('says what can be undone offline as things stand', async () => {
    await upgraded()
    const undoable = async () =>
      JSON.parse(await s.ok('history --json')).map((one: { undoable: boolean }) => one.undoable)
    expect(await undoable()).toEqual([true, false])
    appendFileSync(join(s.root, 'usr/share/lib/data'), 'changed since\n')
    expect(await undoable()).toEqual([true, false])
    await s.ok('clean --backups')
    expect(await undoable()).toEqual([false, false])
  })
})

test('a hold is a transaction like any other', async () => {
  await s.ok(['install', '-y', await local({ name: 'lib' })])
  await s.ok('hold lib -y')
  const held = async () => JSON.parse(await s.ok('list --json'))[0].held
  expect(await held()).toBe(true)
  await s.ok('undo -y')
  expect(await held()).toBe(false)
  expect(s.tree()).toContain('usr/share/lib/data')
  await s.ok('redo -y')
  expect(await held()).toBe(true)
})
