/** Authorisation, audit and security descriptors, through the built program (file 6 of the specification). */
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { answering, onTerminal } from '../../terminal.ts'
import { fingerprint, makePackage, makeRepository, type PackageDraft } from './packages.ts'
import { type Scratch, scratch } from './scratch.ts'

let s: Scratch
beforeEach(() => {
  s = scratch()
})
afterEach(() => s.remove())

const local = (draft: PackageDraft) => makePackage(s.directory, draft)

interface Told {
  readonly type: string
  readonly operation: string
  readonly transaction: number | null
  readonly outcome: string
  readonly reason: string | null
  readonly repository: string | null
  readonly packages: readonly { readonly name: string }[]
}

async function told(): Promise<readonly Told[]> {
  return JSON.parse(await s.ok('audit show -n 0 --json')) as Told[]
}

const summary = ({ type, transaction, outcome }: Told) => `${type} ${transaction} ${outcome}`
const log = () => join(s.root, 'var/log/peipkg/audit.jsonl')

describe('the audit log', () => {
  test('has an event of everything that changed or was refused', async () => {
    const repository = join(s.directory, 'repository')
    await makeRepository(repository, { packages: [await local({ name: 'lib' })] })
    await s.ok(`repo add test file://${repository} --anchor ${fingerprint}`)
    await s.ok('install lib -y')
    await s.ok(['install', '-y', await local({ name: 'lib', version: '2-1' })])
    const broken = await local({ name: 'app', fields: { dependencies: [{ name: 'nowhere' }] } })
    expect((await s.peipkg(['install', '-y', broken])).code).toBe(1)
    expect((await s.peipkg(['install', '--dry-run', broken])).code).toBe(1)
    await s.ok('remove lib -y')
    await s.ok('repo remove test')
    const events = await told()
    expect(events.map(summary)).toEqual([
      'peipkg.repo-add null success',
      'peipkg.install 1 success',
      'peipkg.upgrade 2 success',
      'peipkg.transaction-failed null rejection',
      'peipkg.uninstall 3 success',
      'peipkg.repo-remove null success',
    ])
    expect(events[1]).toMatchObject({
      operation: 'install',
      packages: [{ name: 'lib', version: '1-1', from: null, architecture: 'noarch', repository: 'test' }],
      operator: { uid: process.getuid?.() },
      root: s.root,
    })
    expect(await s.ok('audit verify')).toBe('the audit log is intact: 6 event(s) in 1 file(s)\n')
    const shown = await s.ok('audit show -n 3')
    expect(shown.split('\n')[1]).toMatch(
      /^\S+Z {2}uninstall {2}success {2}transaction 3 {2}lib 2-1 {2}by \S+/,
    )
  })

  test('shows that it was changed, and where', async () => {
    expect(await s.ok('audit show')).toBe('no audit events recorded\n')
    expect(await s.ok('audit verify')).toBe('no audit events recorded\n')
    await s.ok(['install', '-y', await local({ name: 'lib' })])
    await s.ok('remove lib -y')
    writeFileSync(log(), readFileSync(log(), 'utf8').replace('"lib"', '"bil"'))
    const broken = await s.peipkg('audit verify')
    expect(broken.code).toBe(1)
    expect(broken.stdout).toBe(
      '/var/log/peipkg/audit.jsonl line 2: it does not follow the line before: a line was changed, added or taken away\n',
    )
    expect(broken.stderr).toBe('peipkg: audit verify: 1 break(s) found\n')
    const document = JSON.parse((await s.peipkg('audit verify --json')).stdout)
    expect(document).toMatchObject({ intact: false, breaks: [{ line: 2 }] })
  })

  test('a line that a power loss cut is closed, and said', async () => {
    await s.ok(['install', '-y', await local({ name: 'lib' })])
    appendFileSync(log(), '{"previous":"half')
    await s.ok('remove lib -y')
    expect(await s.ok('audit verify')).toContain('line 2 is no whole event')
    expect(await told()).toHaveLength(2)
  })

  test('a failed repo add leaves nothing behind, not even a log', async () => {
    const failed = await s.peipkg(`repo add x file://${s.directory}/nowhere --anchor ${'0'.repeat(64)}`)
    expect(failed.code).toBe(1)
    expect(existsSync(join(s.root, 'var'))).toBe(false)
    await s.ok(['install', '-y', await local({ name: 'lib' })])
    await s.peipkg(`repo add x file://${s.directory}/nowhere --anchor ${'0'.repeat(64)}`)
    expect((await told()).map(summary)[1]).toBe('peipkg.repo-add null rejection')
  })
})

describe('an elevated action', () => {
  const program = fileURLToPath(new URL('../../../bin/peipkg', import.meta.url))
  const words = (args: readonly string[]) => [process.execPath, program, ...args, '--root', s.root]
  const answered = (args: readonly string[], answer: string) => answering(words(args), [answer], s.directory)

  async function usurper(): Promise<string> {
    const repository = join(s.directory, 'repository')
    await makeRepository(repository, { packages: [await local({ name: 'lib' })] })
    await s.ok(`repo add test file://${repository} --anchor ${fingerprint}`)
    await s.ok('install lib -y')
    return await local({ name: 'usurper', fields: { replaces: [{ name: 'lib' }] } })
  }

  test('is asked for on a terminal after plan and sizes, and recorded before anything happens', async () => {
    const path = await usurper()
    const { code, shown } = await answered(['install', '--yes', path], 'y')
    expect(shown).toContain(
      [
        '',
        'this operation requires elevated authorisation:',
        '  usurper from a local file would replace lib 1-1, which came from test',
        'authorise this specific action? [y/N] ',
      ].join('\n'),
    )
    expect(shown.indexOf('download ')).toBeLessThan(shown.indexOf('authorise this'))
    expect([code, await s.ok('list')]).toEqual([0, 'usurper  1-1  noarch\n'])
    expect((await told()).slice(2).map(summary)).toEqual([
      'peipkg.authorisation null success',
      'peipkg.install 2 success',
      'peipkg.uninstall 2 success',
    ])
  })

  test('refused by a person ends with 0, by nobody with 1; both are recorded', async () => {
    const path = await usurper()
    const person = await answered(['install', '--yes', path], 'n')
    expect(person.code).toBe(0)
    expect(person.shown).toContain('cancelled — required authorisation was not given\n')
    expect((await s.peipkg(['install', '--yes', path], 'y\n')).code).toBe(1)
    const [, , ...answers] = await told()
    expect(answers.map(({ outcome, reason }) => `${outcome}: ${reason}`)).toEqual([
      'rejection: usurper from a local file would replace lib 1-1, which came from test: refused',
      'rejection: usurper from a local file would replace lib 1-1, which came from test: nobody to ask',
    ])
    expect(await s.ok('list')).toBe('lib  1-1  noarch\n')
  })

  test('is not agreed to by what was typed before it was shown', async () => {
    const path = await usurper()
    const { code, shown } = await onTerminal(words(['install', '--yes', path]), 'y\n', s.directory)
    expect([code, shown.split('\n').at(-2)]).toEqual([0, 'cancelled — required authorisation was not given'])
    expect(await s.ok('list')).toBe('lib  1-1  noarch\n')
  })

  const descriptor = {
    path: 'usr/share/lib/data',
    sd: 'AQAEgBQAAAAkAAAAAAAAADQAAAABAgAAAAAABSAAAAAgAgAAAQIAAAAAAAUgAAAAIAIAAAIAHAABAAAAAAAUAP8BHwABAQAAAAAABRIAAAA',
  }

  test('overrides of security descriptors are shown, authorised, recorded as not applied', async () => {
    const path = await local({ name: 'lib', fields: { sd_overrides: [descriptor] } })
    const refused = await s.peipkg(['install', '--yes', path])
    expect(refused.code).toBe(1)
    expect(refused.stdout).toContain(`lib 1-1 overrides security descriptors:
  /usr/share/lib/data
    owner administrators (BA)
    group administrators (BA)
    allows the system (SY): full control  (A;;FA;;;SY)
    as SDDL: O:BAG:BAD:(A;;FA;;;SY)
    what inheritance would give is not known: this kernel has no security descriptors
`)
    const dry = JSON.parse(await s.ok(['install', '--dry-run', '--json', path]))
    expect(dry.plan.elevated).toHaveLength(1)
    expect((await answered(['install', '--yes', path], 'y')).code).toBe(0)
    expect(await s.ok('info lib')).toContain(
      'security:     /usr/share/lib/data  O:BAG:BAD:(A;;FA;;;SY)  (not applied: recorded only)\n',
    )
    expect(await s.ok('verify')).toBe(
      'note: lib: /usr/share/lib/data has a security descriptor that is only recorded, not applied\nall recorded files are intact\n',
    )
  })

  test('of a package of a repository they are asked about once it is here', async () => {
    const repository = join(s.directory, 'repository')
    const lib = await local({ name: 'lib', fields: { sd_overrides: [descriptor] } })
    await makeRepository(repository, { packages: [lib, await local({ name: 'other' })] })
    await s.ok(`repo add test file://${repository} --anchor ${fingerprint}`)
    const refused = await s.peipkg('install lib other --yes --json')
    expect([refused.code, JSON.parse(refused.stdout).error.code]).toEqual([1, 'PEI_AUTH_REQUIRED'])
    expect(await s.ok('list')).toBe('no packages are installed\n')
    const { code, shown } = await answered(['install', 'lib', 'other', '--yes'], 'y')
    expect(shown).toContain(
      'lib 1-1 from test would be installed without its 1 security descriptor override(s)',
    )
    expect(code).toBe(0)
    expect(JSON.parse(await s.ok('info lib --json')).sd_overrides).toEqual([
      { path: '/usr/share/lib/data', sddl: 'O:BAG:BAD:(A;;FA;;;SY)', applied: false },
    ])
  })
})
