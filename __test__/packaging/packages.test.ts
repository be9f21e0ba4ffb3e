import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { emptyPrefix, type Prefix } from '../../tools/registry/prefix.mjs'
import { platforms, thisPlatform } from '../../ts/native/platform.ts'

const project = fileURLToPath(new URL('../../', import.meta.url))
const { version, napi } = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8')) as {
  readonly version: string
  readonly napi: { readonly targets: readonly string[] }
}
const platform = thisPlatform()
const supported = 'supported are linux-x64-gnu, linux-arm64-gnu, linux-x64-musl, linux-arm64-musl\n'

let out: string
let tarballs: readonly string[]
beforeAll(() => {
  out = join(mkdtempSync(join(tmpdir(), 'peipkg-tarballs-')), 'out')
  execFileSync(process.execPath, [join(project, 'tools/pack.mjs'), out], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  tarballs = readdirSync(out).sort()
})
afterAll(() => rmSync(join(out, '..'), { recursive: true }))

const tarball = (name: string) => join(out, `${name}-${version}.tgz`)

/** What needs the addon, of every executable. */
const commands: readonly (readonly [string, readonly string[]])[] = [
  ['peipkg', ['list', '--root', '.']],
  ['peipkg-build', ['keygen', '--out', 'key.pem']],
  ['peipkg-farm', ['server', '--dir', 'farm', '--config-dir', '.']],
  ['peipkg-manager', ['--config', 'config.toml', '--once']],
  ['peipkg-repo', ['verify', '--repo', '.']],
]

function installed(names: readonly string[], use: (prefix: Prefix) => void): void {
  const prefix = emptyPrefix()
  try {
    prefix.npm('install', '--global', '--offline', ...names.map(tarball))
    use(prefix)
  } finally {
    prefix.remove()
  }
}

test('there is a tarball for each package, with its digest, and the small ones are small', () => {
  expect(tarballs).toEqual(
    [
      `peipkg-${platform}-${version}.tgz`,
      `peipkg-${version}.tgz`,
      `peipkg-farm-server-${version}.tgz`,
      'SHA256SUMS',
    ].sort(),
  )
  const bytes = (name: string) => statSync(tarball(name)).size
  expect(bytes('peipkg')).toBeLessThan(1e6)
  expect(bytes('peipkg') + bytes(`peipkg-${platform}`)).toBeLessThan(6e6)
  const lines = readFileSync(join(out, 'SHA256SUMS'), 'utf8').trimEnd().split('\n')
  expect(lines.map((line) => line.replace(/^[0-9a-f]{64} {2}/, '')).sort()).toEqual(
    tarballs.filter((name) => name.endsWith('.tgz')),
  )
})

test('each says whose software it contains, with the texts of the licences', () => {
  const contained = {
    peipkg: ['clipanion 3', 'prom-client 15', 'undici 7', 'Apache License', 'Copyright (c) 2019 Mael Nison'],
    [`peipkg-${platform}`]: ['zstd 1', 'SQLite 3', 'ed25519-dalek 2', 'napi 3', 'Meta Platforms', 'of Rust'],
    'peipkg-farm-server': ['@electric-sql/pglite 0', 'PostgreSQL Global', 'pg-boss 12', 'hono 4'],
  }
  for (const [name, expected] of Object.entries(contained)) {
    const args = ['--extract', '--to-stdout', '--file', tarball(name), 'package/THIRD-PARTY-NOTICES']
    const text = execFileSync('tar', args, { encoding: 'utf8' })
    for (const words of expected) expect(text).toContain(words)
    // Nothing of what only builds and tests.
    expect(text).not.toMatch(/vitest|esbuild|proptest|syn 2/)
  }
})

test('what there is an addon for is said the same everywhere', () => {
  const name = (target: string) =>
    target
      .replace('x86_64-unknown', 'x64')
      .replace('aarch64-unknown', 'arm64')
      .replace(/^(\w+)-linux/, 'linux-$1')
  expect(napi.targets.map(name)).toEqual(platforms)
})

test('installed from tarballs without a network, all executables work, and npm takes all of it away again', () => {
  installed(['peipkg', `peipkg-${platform}`], (prefix) => {
    for (const [program] of commands) {
      expect(prefix.run(program, ['--version'])).toEqual({
        code: 0,
        stdout: `${program} ${version}\n`,
        stderr: '',
      })
      expect(prefix.run(program, ['--help'])).toMatchObject({ code: 0 })
    }
    expect(prefix.run('peipkg', ['list', '--root', '.'])).toMatchObject({ code: 0, stderr: '' })
    expect(prefix.run('peipkg-build', ['keygen', '--out', 'key.pem'])).toMatchObject({ code: 0 })
    expect(prefix.run('peipkg-farm', ['server'])).toEqual({
      ...{ code: 1, stdout: '' },
      stderr: `peipkg-farm: what the server needs is not installed: run "npm install -g peipkg-farm-server@${version}"\n`,
    })
    const files = prefix.files()
    expect(files).toContain(join(prefix.directory, 'share/man/man1/peipkg-install.1'))
    expect(files.filter((file) => /\.cache$|pglite|pg-boss|hono|\.map$/.test(file))).toEqual([])
    prefix.npm('uninstall', '--global', 'peipkg', `peipkg-${platform}`)
    expect(prefix.files()).toEqual([])
  })
})

test('without the addon every executable says so in one line', () => {
  installed(['peipkg', 'peipkg-farm-server'], (prefix) => {
    const missing = `the native addon for ${platform} is missing: the package peipkg-${platform} is not installed; install peipkg again, with its optional dependencies; ${supported}`
    for (const [program, args] of commands) {
      expect(prefix.run(program, args)).toEqual({ code: 1, stdout: '', stderr: `${program}: ${missing}` })
    }
    const other = join(prefix.directory, 'other.cjs')
    writeFileSync(other, `Object.defineProperty(process, 'arch', { value: 'riscv64' })`)
    for (const [program, args] of commands) {
      expect(prefix.run(program, args, { NODE_OPTIONS: `--require=${other}` })).toEqual({
        ...{ code: 1, stdout: '' },
        stderr: `${program}: there is no native addon for ${platform.replace(process.arch, 'riscv64')}; ${supported}`,
      })
    }
    const addon = join(prefix.directory, `lib/node_modules/peipkg/peipkg.${platform}.node`)
    writeFileSync(addon, 'no addon')
    const { stderr } = prefix.run('peipkg', ['list', '--root', '.'])
    expect(stderr).toMatch(
      /^peipkg: cannot load the native addon for .*: .*peipkg\..*: (file too short|invalid ELF header)\n$/,
    )
  })
})

test('the server says when its other half is of another version', () => {
  installed(['peipkg', 'peipkg-farm-server', `peipkg-${platform}`], (prefix) => {
    const path = join(prefix.directory, 'lib/node_modules/peipkg-farm-server/package.json')
    writeFileSync(path, readFileSync(path, 'utf8').replace(version, '0.0.9'))
    expect(prefix.run('peipkg-farm', ['server'])).toEqual({
      ...{ code: 1, stdout: '' },
      stderr: `peipkg-farm: peipkg-farm-server is of version 0.0.9, this is peipkg ${version}: run "npm install -g peipkg-farm-server@${version}"\n`,
    })
  })
})

test('without Rust a checkout says in one line that it cannot build the addon', () => {
  const prefix = emptyPrefix()
  try {
    expect(prefix.run('node', [join(project, 'tools/build.mjs')])).toEqual({
      ...{ code: 1, stdout: '' },
      stderr: `peipkg: the native addon for ${platform} is missing: building it needs Rust 1.89 or later, and there is no cargo on PATH; ${supported}`,
    })
  } finally {
    prefix.remove()
  }
})
