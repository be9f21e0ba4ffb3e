/** The browse site as `peipkg-repo publish` writes it. */
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { run } from '../programs.ts'
import { fixtures, signingKey } from '../recipes.ts'
import { makePackage, type PackageDraft } from './peipkg/packages.ts'

let directory: string
let repository: string
let count = 0

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'peipkg-site-'))
  repository = join(directory, 'repository')
  await repo('init', '--name', 'test', ...signed, '--out', repository)
})

afterEach(() => rmSync(directory, { recursive: true }))

const signed = ['--sign-key', signingKey, '--timestamp', '2026-05-02T12:00:00Z']

async function repo(...args: string[]): Promise<void> {
  const { code, stderr } = await run('peipkg-repo', args, { cwd: directory })
  if (code !== 0) throw new Error(stderr)
}

/** Makes the packages and publishes them together. */
async function publish(drafts: readonly PackageDraft[], ...options: string[]): Promise<void> {
  const packages = join(directory, `packages-${count++}`)
  mkdirSync(packages)
  for (const draft of drafts) await makePackage(packages, draft)
  const out = options.includes('--out') ? [] : ['--out', repository]
  await repo('publish', '--in', repository, '--new', packages, ...signed, ...out, ...options)
}

const draft = (name: string, version: string, fields: Record<string, unknown> = {}): PackageDraft => ({
  name,
  version,
  fields,
})

const read = (path: string, base = repository): string => readFileSync(join(base, path), 'utf8')
const pages = (base = repository): Readonly<Record<string, string>> =>
  Object.fromEntries(readdirSync(join(base, 'browse')).map((name) => [name, read(`browse/${name}`, base)]))
const written = (): Readonly<Record<string, number>> =>
  Object.fromEntries(
    readdirSync(join(repository, 'browse')).map((name) => [
      name,
      statSync(join(repository, 'browse', name)).ino,
    ]),
  )

/** Which pages were written since. */
function changed(before: Readonly<Record<string, number>>): readonly string[] {
  const after = written()
  return Object.keys(after).filter((name) => after[name] !== before[name])
}

it('writes only the pages whose content changed, and the same ones as if all were made anew', async () => {
  await publish([
    draft('app', '1-1', { dependencies: [{ name: 'abi' }, { name: 'lib', constraint: '>= 1' }] }),
    draft('lib', '1-1', { provides: [{ name: 'abi', version: '1-1' }] }),
    draft('other', '1-1'),
    draft('user', '1-1', { optional_dependencies: [{ name: 'app' }] }),
  ])
  const steps: readonly (readonly [PackageDraft, readonly string[]])[] = [
    [draft('other', '2-1'), ['other.html']],
    [draft('lib', '1.1-1', { provides: [{ name: 'abi', version: '2-1' }] }), ['lib.html']],
    [draft('rival', '1-1', { provides: [{ name: 'abi' }] }), ['app.html', 'rival.html']],
    [draft('lib', '1.2-1'), ['app.html', 'lib.html']],
    [
      draft('app', '2-1', { dependencies: [{ name: 'lib', constraint: '>= 1' }] }),
      ['app.html', 'rival.html'],
    ],
    [draft('app', '1.5-1'), ['app.html']],
    [draft('abi', '1-1'), ['abi.html']],
  ]
  for (const [one, expected] of steps) {
    const before = written()
    await publish([one])
    expect(changed(before), `${one.name} ${one.version}`).toEqual(expected)
  }
  const incremental = pages()
  rmSync(join(repository, 'browse'), { recursive: true })
  writeFileSync(join(repository, 'index.html'), 'of another tool')
  await publish([])
  expect(pages()).toEqual(incremental)
}, 120_000)

it('gives a repository of the reference its site, and takes pages away with their packages', async () => {
  rmSync(repository, { recursive: true })
  cpSync(join(fixtures, 'repository'), repository, { recursive: true })
  await publish([])
  expect(Object.keys(pages())).toContain('libfoo.html')
  expect(read('browse/libfoo.html')).toContain('test://libfoo')
  expect(read('browse/hello.html')).toContain('/usr/share/hello/MESSAGE')
  const out = join(directory, 'out')
  const hello = join(directory, 'hello')
  cpSync(join(repository, 'p/hello'), hello, { recursive: true })
  await repo('publish', '--in', repository, '--rebuild', '--all-packages-dir', hello, ...signed, '--out', out)
  expect(Object.keys(pages(out)).filter((name) => name.endsWith('.html'))).toEqual(['hello.html'])
  expect(read('index.html', out)).not.toContain('libfoo')
})

it('reads no old package again, and makes the documents that old ones lack', async () => {
  await publish([draft('one', '1-1'), draft('two', '1-1')])
  const place = join(repository, 'p/one/1-1')
  const documents = ['manifest.json', 'files.json'].map((name) => readFileSync(join(place, name), 'utf8'))
  writeFileSync(join(place, 'one_1-1_noarch.peipkg'), 'damaged: nobody reads it')
  await publish([draft('one', '2-1')])
  expect(read('browse/one.html')).toContain('p/one/1-1/manifest.json')
  rmSync(repository, { recursive: true })
  await repo('init', '--name', 'test', ...signed, '--out', repository)
  await publish([draft('one', '1-1'), draft('two', '1-1')], '--no-site')
  expect(readdirSync(repository)).not.toContain('index.html')
  rmSync(join(place, 'manifest.json'))
  rmSync(join(place, 'files.json'))
  await publish([])
  expect(['manifest.json', 'files.json'].map((name) => readFileSync(join(place, name), 'utf8'))).toEqual(
    documents,
  )
  expect(read('browse/one.html')).toContain('/usr/share/one/data')
})

it('keeps the documents of two packages in one directory apart', async () => {
  const template = ['--package-url-template', '/pool/{filename}']
  await publish([draft('one', '1-1'), draft('two', '1-1')], ...template)
  expect(readdirSync(join(repository, 'pool')).sort()).toEqual([
    'one_1-1_noarch.files.json',
    'one_1-1_noarch.manifest.json',
    'one_1-1_noarch.peipkg',
    'two_1-1_noarch.files.json',
    'two_1-1_noarch.manifest.json',
    'two_1-1_noarch.peipkg',
  ])
  await publish([draft('far', '1-1')], '--package-url-template', 'https://cdn.example.org/{filename}')
  expect(read('browse/far.html')).toContain('href="https://cdn.example.org/far_1-1_noarch.peipkg"')
  expect(read('browse/far.html')).toContain('/usr/share/far/data')
  expect(read('browse/far_1-1_noarch/manifest.json')).toContain('"far"')
})
