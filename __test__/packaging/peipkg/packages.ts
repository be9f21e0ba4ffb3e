/** What a root needs to run peipkg by itself, as packages: the machine's shared libraries, the demo's Node, and peipkg. */
import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { pack } from '../../../ts/native/packages.ts'
import { run } from '../../programs.ts'
import { signingKey } from '../../recipes.ts'

const project = fileURLToPath(new URL('../../../', import.meta.url))
const architecture = process.arch === 'arm64' ? 'aarch64' : 'x86_64'
/** This machine's addon; beside it there may be others. */
const own = `peipkg.linux-${process.arch}-gnu.node`
export const triplet = `${architecture}-linux-peios`

/** Builds one revision of everything into `out`. `addon`: in the place of the checkout's. */
export async function buildRevision(out: string, revision: number, addon?: string): Promise<void> {
  const work = mkdtempSync(join(tmpdir(), 'peipkg-test-'))
  try {
    mkdirSync(out, { recursive: true })
    if (revision === 1) await packLibraries(work, out)
    await buildNode(work, out, revision)
    await buildSelf(work, out, revision, addon)
  } finally {
    rmSync(work, { recursive: true })
  }
}

/** Where the shared libraries of Node and of the addon lie on this machine: `ldd` names them. */
function libraries(): readonly string[] {
  const files = [process.execPath, join(project, own)]
  const told = files.map((file) => execFileSync('ldd', [file], { encoding: 'utf8' }))
  return [...new Set(told.join('\n').match(/\/\S+/g) ?? [])].filter((path) => path.includes('.so'))
}

async function packLibraries(work: string, out: string): Promise<void> {
  const staged = join(work, 'libraries')
  mkdirSync(join(staged, 'usr/lib', triplet), { recursive: true })
  for (const path of libraries()) copyFileSync(path, join(staged, 'usr/lib', triplet, basename(path)))
  const manifest = {
    ...{ name: 'runtime-libs', version: '1-1', architecture, description: 'the C library of this machine' },
    ...{ license: 'LGPL', side_effects: ['ldconfig'] },
    build: { timestamp, farm_id: 'test', source_ref: 'test' },
  }
  const file = join(out, `runtime-libs_1-1_${architecture}.peipkg`)
  await pack({ manifest: JSON.stringify(manifest), staged, out: file, signKey: signingKey, level: 1 })
}

const timestamp = '2026-05-01T12:00:00Z'
const provenance = ['--farm-id', 'test', '--source-ref', 'test', '--timestamp', timestamp]
const packing = [...provenance, '--sign-key', signingKey, '--level', '1']

/** By the demo's recipe. Each revision is another file to Node's own loader, and the same to the kernel's. */
async function buildNode(work: string, out: string, revision: number): Promise<void> {
  const [recipe, source] = [join(work, 'nodejs'), join(work, 'node-source')]
  mkdirSync(recipe)
  mkdirSync(source)
  const template = readFileSync(join(project, 'examples/nodejs/peipkg.toml.in'), 'utf8')
  const filled = template.replaceAll('@ARCHITECTURE@', architecture).replaceAll('@DESCRIPTION@', 'Node.js')
  writeFileSync(join(recipe, 'peipkg.toml'), filled)
  copyFileSync(join(project, 'examples/nodejs/build.sh'), join(recipe, 'build.sh'))
  copyFileSync(realpathSync(process.execPath), join(source, 'node'))
  appendFileSync(join(source, 'node'), `revision ${revision}\n`)
  const version = ['--version', `${process.versions.node}-${revision}`, '--build-env', `REVISION=${revision}`]
  await succeed('build', '--recipe', recipe, '--source', source, '--out', out, ...version, ...packing)
}

/** As `npm run package:self` does, of a checkout whose every file knows its revision. */
async function buildSelf(work: string, out: string, revision: number, addon?: string): Promise<void> {
  const source = join(work, 'checkout')
  for (const name of shipped) cpSync(join(project, name), join(source, name), { recursive: true })
  copyFileSync(addon ?? join(project, own), join(source, own))
  appendFileSync(join(source, own), `revision ${revision}\n`)
  mark(source, revision)
  const tool = join(project, 'tools/package-self.mjs')
  const places = ['--source', source, '--out', out, '--revision', String(revision)]
  execFileSync(process.execPath, [tool, ...places, ...packing], { stdio: ['ignore', 'ignore', 'pipe'] })
}

const shipped = [
  'bin',
  'crates/peipkg-native/THIRD-PARTY-NOTICES',
  'dist',
  'packaging',
  'index.cjs',
  'package.json',
  'LICENSE',
  'CHANGELOG.md',
  'SECURITY.md',
]

/** `--version` tells the revision, and a program that finds a file of another one than its own fails. */
function mark(source: string, revision: number): void {
  const { version } = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8'))
  const check = `if(globalThis.revision!==${revision})throw new Error("a mixture of revisions");`
  const edit = (path: string, line: string) => {
    const text = readFileSync(path, 'utf8').replaceAll(`"${version}"`, `"${version}-${revision}"`)
    writeFileSync(path, text.replace(/^("use strict";)?/, `$1${line}`))
  }
  edit(join(source, 'index.cjs'), check)
  for (const path of readdirSync(join(source, 'dist'), { recursive: true, encoding: 'utf8' })) {
    if (!/^peipkg[a-z-]*[/].*[.]cjs$/.test(path)) continue
    edit(join(source, 'dist', path), path.endsWith('/main.cjs') ? `globalThis.revision=${revision};` : check)
  }
}

async function succeed(...args: readonly string[]): Promise<void> {
  const { code, stderr } = await run('peipkg-build', args)
  if (code !== 0) throw new Error(`peipkg-build ${args.join(' ')} ended with ${code}:\n${stderr}`)
}
