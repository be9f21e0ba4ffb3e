import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { fingerprint, makePackage, makeRepository } from './packages.ts'
import { normalised, type Scratch, scratch } from './scratch.ts'

let s: Scratch
beforeEach(() => {
  s = scratch()
})
afterEach(() => s.remove())

const first = () =>
  makePackage(s.directory, {
    name: 'app',
    files: {
      'usr/share/app/same': 'same',
      'usr/share/app/gone': 'x',
      'usr/share/app/text': '1',
      'usr/bin/run': '-> app',
    },
    fields: { dependencies: [{ name: 'lib' }, { name: 'old' }] },
  })
const second = () =>
  makePackage(s.directory, {
    name: 'app',
    version: '2-1',
    files: {
      'usr/share/app/same': 'same',
      'usr/share/app/text': '22',
      'usr/share/app/new/file': 'y',
      'usr/bin/run': '-> app2',
    },
    fields: { dependencies: [{ name: 'lib', constraint: '>= 2' }], provides: [{ name: 'application' }] },
  })

const lines = [
  'app 1-1 -> 2-1',
  'installed size <size> (+<size>)',
  '- needs lib',
  '- needs old',
  '+ needs lib >= 2',
  '+ provides application',
  '~ /usr/bin/run',
  '- /usr/share/app/gone  (-<size>)',
  '+ /usr/share/app/new/',
  '+ /usr/share/app/new/file  (+<size>)',
  '~ /usr/share/app/text  (+<size>)',
  '',
]

test('two files: relations, sizes, paths', async () => {
  expect(normalised(await s.ok(['diff', await first(), await second()]), s)).toBe(lines.join('\n'))
})

test('an installed package and a file; one that is not installed', async () => {
  const [old, now] = [await first(), await second()]
  expect((await s.ok(['diff', now])).split('\n')[0]).toBe('app 2-1  (not installed)')
  await s.ok([
    'install',
    '-y',
    old,
    await makePackage(s.directory, { name: 'lib' }),
    await makePackage(s.directory, { name: 'old' }),
  ])
  const expected = lines.join('\n')
  expect(normalised(await s.ok(['diff', 'app', now]), s)).toBe(expected)
  expect(normalised(await s.ok(['diff', now]), s)).toBe(expected)
  expect(await s.ok(['diff', 'app', old])).toContain('nothing else changes')
  expect(await s.peipkg(['diff', 'ghost', now])).toMatchObject({ code: 1 })
  expect(await s.peipkg(['diff', 'app', 'app'])).toMatchObject({ code: 2 })
})

test('an upgrade: the files once the package is here', async () => {
  const repository = join(s.directory, 'repository')
  const lib = await makePackage(s.directory, { name: 'lib', version: '2-1' })
  const old = await makePackage(s.directory, { name: 'old' })
  await makeRepository(repository, { packages: [await first(), lib, old] })
  await s.ok(`repo add test file://${repository} --anchor ${fingerprint}`)
  await s.ok('install -y app')
  expect(await s.peipkg('diff app')).toMatchObject({
    code: 1,
    stderr: 'peipkg: diff: nothing newer than the installed "app" is offered\n',
  })
  await makeRepository(repository, {
    packages: [await second(), lib, old],
    version: 2,
    generatedAt: '2026-05-02T12:00:00Z',
  })
  await s.ok('refresh')
  const text = await s.ok('diff app')
  expect(text).toContain('app 1-1 -> 2-1\n')
  expect(text).toContain('+ needs lib >= 2\n')
  expect(text).toContain(
    'its files are not known yet: the package was not fetched (peipkg upgrade --download-only app does that)\n',
  )
})

test('config pending names what waits, and its package', async () => {
  expect(await s.ok('config pending')).toBe('no configuration file waits to be merged\n')
  const files = (text: string) => ({ files: { 'etc/app/app.conf': text, 'etc/app/other.conf': text } })
  await s.ok(['install', '-y', await makePackage(s.directory, { name: 'app', ...files('1') })])
  writeFileSync(join(s.root, 'etc/app/app.conf'), 'mine')
  await s.ok([
    'install',
    '-y',
    await makePackage(s.directory, { name: 'app', version: '2-1', ...files('2') }),
  ])
  expect(await s.ok('config pending')).toBe('/etc/app/app.conf.peipkg-new  new default  app\n')
  await s.ok('remove -y app')
  writeFileSync(join(s.root, 'etc/stray.peipkg-save'), 'from elsewhere')
  expect(await s.ok('config pending')).toBe(
    [
      '/etc/app/app.conf.peipkg-new  new default  app',
      '/etc/app/app.conf.peipkg-save  kept from before  app',
      '/etc/stray.peipkg-save  kept from before  (no package)',
      '',
    ].join('\n'),
  )
})
