import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { schemaProblems } from './json-schema.ts'
import { fingerprint, makePackage, makeRepository, type PackageDraft } from './packages.ts'
import { type Scratch, scratch } from './scratch.ts'
import { atTerminal } from './terminal.ts'

let s: Scratch
beforeEach(async () => {
  s = scratch()
  await offer(
    1,
    { name: 'app', fields: { dependencies: [{ name: 'lib' }] } },
    { name: 'lib' },
    { name: 'old' },
    { name: 'new' },
  )
})
afterEach(() => s.remove())

async function offer(version: number, ...drafts: PackageDraft[]): Promise<void> {
  const directory = join(s.directory, 'repository')
  const packages = await Promise.all(drafts.map((draft) => makePackage(s.directory, draft)))
  const generatedAt = `2026-05-0${version}T12:00:00Z`
  await makeRepository(directory, { packages, version, generatedAt })
  if (version === 1) await s.ok(`repo add test file://${directory} --anchor ${fingerprint}`)
  else await s.ok('refresh')
}

const write = (text: string): string => {
  const path = join(s.directory, 'packages.toml')
  writeFileSync(path, text)
  return path
}

describe('export and apply', () => {
  test('the explicit set is written, and a system made to match it', async () => {
    await s.ok('install -y app old')
    expect(await s.ok('export')).toBe(
      '# The packages that this system is meant to have: peipkg apply FILE makes it so.\nformat = 1\npackages = [\n  "app",\n  "old",\n]\n',
    )
    const list = write('format = 1\npackages = ["lib", "new"]\n')
    expect(await s.ok(['apply', list, '--dry-run'])).toMatch(
      / {2}remove {5}app 1-1 {2}\(no longer needed\)\n {2}install {4}new 1-1\n {2}remove {5}old 1-1 {2}\(no longer needed\)\n {2}mark {7}lib 1-1 {2}\(explicit\)\n/,
    )
    await s.ok(['apply', list, '-y'])
    expect(await s.ok('list --explicit')).toBe('lib  1-1  noarch\nnew  1-1  noarch\n')
    expect(await s.ok(['apply', list])).toBe('nothing to do — the request is already satisfied\n')
  })

  test('what is kept for others only is a dependency from then on', async () => {
    await s.ok('install -y app')
    await s.ok('mark explicit lib')
    await s.ok(['apply', write('format = 1\npackages = ["app"]\n'), '-y'])
    expect(await s.ok('list --explicit')).toBe('app  1-1  noarch\n')
    expect(await s.ok('list')).toContain('lib')
  })

  test.each([
    ['format = 2\npackages = []', '"format" must be between 1 and 1, not 2'],
    ['format = 1\npackages = ["aa", "aa"]', '"packages" names "aa" twice'],
    ['format = 1\npackages = ["A b"]', '"packages"'],
    ['format = 1\npackages = []\nheld = []', 'unknown key "held"'],
    ['format = 1', '"packages" is missing'],
  ])('%j is refused', async (text, message) => {
    const { code, stderr } = await s.peipkg(['apply', write(text), '-y'])
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(message) })
  })

  test('a file that is none', async () => {
    expect(await s.peipkg(['apply', join(s.directory, 'none.toml')])).toMatchObject({ code: 1 })
    expect(await s.peipkg(['apply', '/dev/zero'])).toMatchObject({
      code: 1,
      stderr: 'peipkg: /dev/zero is not a regular file\n',
    })
  })
})

describe('the lock section', () => {
  const path = () => join(s.directory, 'locked.toml')
  beforeEach(async () => {
    await s.ok('install -y app')
    await s.ok(['export', '--locked', path()])
  })

  test('is what the schema says, with the hashes of the repository', async () => {
    const { packages, lock } = JSON.parse(await s.ok('export --locked --json'))
    expect(packages).toEqual(['app'])
    expect(lock).toMatchObject([
      {
        name: 'app',
        version: '1-1',
        reason: 'explicit',
        repository: 'test',
        sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      },
      { name: 'lib', version: '1-1', reason: 'dependency' },
    ])
    const { parse } = await import('smol-toml')
    expect(schemaProblems('package-list', parse(readFileSync(path(), 'utf8')))).toEqual([])
  })

  test('brings exactly these versions back, and nothing else', async () => {
    await s.ok('remove -y app')
    await s.ok('install -y old')
    await s.ok(['apply', '--locked', path(), '-y'])
    expect(await s.ok('list')).toBe('app  1-1  noarch\nlib  1-1  noarch\n')
    expect(await s.ok('list --explicit')).toBe('app  1-1  noarch\n')
    expect(await s.ok(['apply', '--locked', path()])).toContain('nothing to do')
  })

  describe('of a system that has moved on', () => {
    beforeEach(async () => {
      const archived = ['app', 'lib'].map((name) => join(s.directory, `${name}_1-1_noarch.peipkg`))
      const packages = await Promise.all([
        makePackage(s.directory, {
          ...{ name: 'app', version: '2-1' },
          fields: { dependencies: [{ name: 'lib', constraint: '>= 2' }] },
        }),
        makePackage(s.directory, { name: 'lib', version: '2-1' }),
      ])
      const generatedAt = '2026-05-02T12:00:00Z'
      await makeRepository(join(s.directory, 'repository'), { packages, archived, version: 2, generatedAt })
      await s.ok('refresh')
      await s.ok('upgrade -y')
      await s.ok('hold lib')
    })

    test('goes back as one transaction, with an authorisation of each, from the archive', async () => {
      const planned = JSON.parse(await s.ok(['apply', '--locked', path(), '--dry-run', '--json']))
      expect(planned.plan.elevated).toEqual([
        'lib would move backward from 2-1 to 1-1',
        'app would move backward from 2-1 to 1-1',
      ])
      const nobody = await s.peipkg(['apply', '--locked', path(), '-y'])
      expect(nobody.code).toBe(1)
      expect(nobody.stdout).toContain('  ! elevated: lib would move backward from 2-1 to 1-1\n')
      expect(nobody.stdout).toMatch(/cancelled — required authorisation was not given\n$/)
      expect((await atTerminal(s, ['apply', path(), '-y'], 'y\nn\n')).code).toBe(0)
      expect(await s.ok('list')).toBe('app  2-1  noarch\nlib  2-1  noarch  (held)\n')
      const { stdout } = await atTerminal(s, ['apply', path(), '-y'], 'y\ny\n')
      expect(stdout).toMatch(/done — 2 operations applied\n$/)
      expect(await s.ok('list')).toBe('app  1-1  noarch\nlib  1-1  noarch  (held)\n')
      expect(await s.ok('list --explicit')).toBe('app  1-1  noarch\n')
      expect(await s.ok('history -n 1')).toMatch(/ {2}committed {2}downgrade app, lib\n$/)
      expect(await s.ok(['apply', path()])).toContain('nothing to do')
    })

    test('not to what nobody has kept, nor to another package of that version', async () => {
      const wrong = readFileSync(path(), 'utf8').replace(
        /sha256 = "[0-9a-f]+"/g,
        `sha256 = "${'0'.repeat(64)}"`,
      )
      expect((await s.peipkg(['apply', write(wrong), '-y'])).stderr).toBe(
        'peipkg: app 1-1 is offered with another SHA-256 than the lock section says\n',
      )
      const older = readFileSync(path(), 'utf8').replaceAll('"1-1"', '"0.5-1"')
      const { code, stderr } = await s.peipkg(['apply', write(older), '-y'])
      expect(code).toBe(1)
      expect(stderr).toContain('cannot downgrade app to 0.5-1: no configured repository offers it\n')
    })
  })

  test('another hash, a gap, or no lock section at all is refused', async () => {
    await s.ok('remove -y app lib')
    const text = readFileSync(path(), 'utf8')
    const wrong = text.replace(/sha256 = "[0-9a-f]+"/, `sha256 = "${'0'.repeat(64)}"`)
    expect(await s.peipkg(['apply', write(wrong), '-y'])).toMatchObject({
      code: 1,
      stderr: 'peipkg: app 1-1 is offered with another SHA-256 than the lock section says\n',
    })
    const gap = text.replace(/\n\[\[lock\]\]\nname = "lib"[\s\S]*/, '')
    expect(await s.peipkg(['apply', write(gap), '-y'])).toMatchObject({
      code: 1,
      stderr: 'peipkg: the lock section is not complete: its packages need lib, which it does not have\n',
    })
    expect(await s.peipkg(['apply', '--locked', write('format = 1\npackages = []\n')])).toMatchObject({
      code: 1,
    })
  })
})
