import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { run } from '../../programs.ts'
import { readSchema, schemaNames, schemaProblems, unknownKeywords } from './json-schema.ts'
import { fingerprint, makePackage, makeRepository } from './packages.ts'
import { type Scratch, scratch } from './scratch.ts'

let s: Scratch
beforeEach(() => {
  s = scratch()
})
afterEach(() => s.remove())

async function check(definition: string, command: string | readonly string[], code = 0): Promise<unknown> {
  const words = typeof command === 'string' ? command.split(' ') : command
  const ended = await s.peipkg([...words, '--json'])
  expect({ command, code: ended.code, stderr: code === 0 ? ended.stderr : '' }).toMatchObject({ code })
  const document = JSON.parse(ended.stdout)
  expect(schemaProblems(definition, document)).toEqual([])
  return document
}

test.each(schemaNames)('%s uses only keywords that the check below knows', (name) => {
  expect(unknownKeywords(readSchema(name), name)).toEqual([])
})

test('every document is what the schema says', async () => {
  const repository = join(s.directory, 'repository')
  const lib = await makePackage(s.directory, {
    name: 'lib',
    files: { 'usr/share/lib/data': 'x', 'usr/share/lib/link': '-> data', 'usr/share/lib/other': 'y' },
    fields: { provides: [{ name: 'liblike', version: '2-1' }], optional_dependencies: [{ name: 'extra' }] },
  })
  const app = await makePackage(s.directory, {
    name: 'app',
    fields: { dependencies: [{ name: 'liblike', constraint: '>= 2' }] },
  })
  await makeRepository(repository, { packages: [lib] })
  expect(await check('list', 'list')).toEqual([])
  expect(await check('history', 'history')).toEqual([])
  expect(await check('search', 'search lib')).toEqual([])
  expect(await check('repo-list', 'repo list')).toEqual([])
  expect(await check('refresh', 'refresh')).toEqual([])
  await check('repo-add', `repo add test file://${repository} --anchor ${fingerprint}`)
  await check('repo-list', 'repo list')
  await check('refresh', 'refresh')
  await check('search', 'search lib')
  await check('change', ['install', '--dry-run', app])
  await check('change', ['install', '--yes', app])
  await check('change', ['install', '--yes', app])
  await check('list', 'list')
  await check('info', 'info lib')
  await check('info', ['info', lib])
  await check('info', 'info --available lib')
  await check('list', 'list --available')
  await check('list', 'list --upgradable')
  await check('files', 'files lib')
  await check('depends', 'depends --tree app')
  await check('rdepends', 'rdepends --available lib')
  await check('why', 'why lib')
  await check('why-not', 'why-not lib')
  await check('diff', ['diff', lib, app])
  await check('config-pending', 'config pending')
  await check('export', 'export')
  await check('export', 'export --locked')
  await check('change', 'hold lib')
  await check('change', 'mark dependency lib --dry-run')
  await check('change', 'upgrade --skip-broken --yes')
  await check('change', 'autoremove --dry-run')
  expect(await check('owns', 'owns usr/share/lib/data')).toEqual(['lib'])
  await check('verify', 'verify')
  writeFileSync(join(s.root, 'usr/share/lib/data'), 'changed')
  expect(await check('verify', 'verify', 1)).toEqual({
    checked: expect.any(Number),
    problems: [{ package: 'lib', path: '/usr/share/lib/data', kind: 'modified' }],
  })
  await check('verify', 'verify --repair --yes')
  await check('change', 'reinstall lib --dry-run')
  await check('change', 'do -app --dry-run')
  await check('change', 'unhold lib')
  await check('change', ['install', '--overwrite-unowned', '--as-dependency', '--dry-run', app])
  const list = join(s.directory, 'packages.toml')
  await s.ok(['export', '--locked', list])
  await check('change', ['apply', '--locked', '--dry-run', list])
  await check('change', 'remove lib --cascade --yes')
  await check('change', 'undo --yes')
  await check('change', 'redo --yes')
  await check('change', 'rollback 1 --dry-run')
  await check('history', 'history')
  await check('transaction', 'history 1')
  await check('recover', 'recover')
  await check('recovery-report', 'recover --report')
  await check('clean', 'clean --packages --backups')
  await check('audit-show', 'audit show')
  await check('audit-verify', 'audit verify')
  await check('doctor', 'doctor')
  await check('repo-remove', 'repo remove test')
  expect(await check('vercmp', 'vercmp 1-1 2-1')).toEqual({ answers: ['-1'] })
  expect(await check('vercmp', ['vercmp', '--match', '1-1', '> 1'], 1)).toEqual({ answers: ['false'] })
  expect(await check('vercmp', 'vercmp --stdin')).toEqual({ answers: [] })
  expect(await check('completion', 'completion fish')).toMatchObject({ shell: 'fish' })
  await check('error', 'info ghost', 1)
  await check('error', 'frobnicate', 2)
})

test('and so is what peipkg-build inspect prints', async () => {
  const directory = new URL('../../fixtures/packages/', import.meta.url)
  for (const file of readdirSync(directory).filter((name) => name.endsWith('.peipkg'))) {
    const { stdout } = await run('peipkg-build', [
      'inspect',
      '--json',
      fileURLToPath(new URL(file, directory)),
    ])
    expect(schemaProblems('inspect', JSON.parse(stdout))).toEqual([])
  }
})
