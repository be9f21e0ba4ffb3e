/**
 * Another process that changes directories for symlinks while the built program runs (file 5, filesystem discipline): nothing
 * outside the root is made, changed or read, and each command ends as before, as after, or in recovery mode.
 */
import { execFileSync, spawn } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { geteuid } from 'node:process'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Ended, run } from '../../programs.ts'
import { makePackage } from './packages.ts'
import { type Scratch, scratch } from './scratch.ts'

const checkout = fileURLToPath(new URL('../../../', import.meta.url))
const swapper = join(checkout, 'target/debug/examples/swapper')
const rounds = process.env.PEIPKG_FAULTS === 'full' ? 40 : 3
const NOBODY = { uid: 65_534, gid: 65_534 }
const users = geteuid?.() === 0 ? [{}, NOBODY] : [{}]

/** Built by the core's tests; where they did not run yet, now. */
beforeAll(() => {
  const build = [
    'build',
    '--quiet',
    '--package',
    'peipkg-core',
    '--features',
    'faults',
    '--example',
    'swapper',
  ]
  execFileSync('cargo', build, { cwd: checkout, stdio: 'inherit' })
}, 600_000)

const SECRET = 'what lies outside'
const DIRECTORIES = [
  'usr/share/app/deep',
  'usr/share/app',
  'usr/share',
  'usr',
  'etc',
  'var/lib/peipkg/backups',
]

const files = (version: string): Record<string, string> => ({
  'usr/share/app/data': `data ${version}\n`,
  'usr/share/app/deep/one': `one ${version}\n`,
  'usr/share/app/deep/er/two': `two ${version}\n`,
  'usr/bin/app': `#!/bin/sh\n# ${version}\n`,
  'etc/app/app.conf': `default ${version}\n`,
  ...(version === '2-1' ? { 'usr/share/app/new/tree/three': 'three\n' } : { 'usr/share/app/gone': 'gone\n' }),
})

let s: Scratch
let outside: string
const packages = new Map<string, string>()
beforeEach(async () => {
  s = scratch()
  outside = join(s.directory, 'outside')
  for (const version of ['1-1', '2-1']) {
    packages.set(version, await makePackage(s.directory, { name: 'app', version, files: files(version) }))
  }
  // Everything that is looked for below the swapped directories is there, too.
  for (const path of [...Object.keys(files('1-1')), ...Object.keys(files('2-1')), 'db.sqlite', '1/0']) {
    for (const tail of tails(path)) {
      mkdirSync(dirname(join(outside, tail)), { recursive: true })
      if (!existsSync(join(outside, tail))) writeFileSync(join(outside, tail), SECRET)
    }
  }
  for (const path of walk(outside)) utimesSync(path, 1_000_000_000, 1_500_000_000)
})
afterEach(() => s.remove())

/** `a/b/c`, `b/c`, `c`. */
const tails = (path: string): string[] =>
  path.includes('/') ? [path, ...tails(path.slice(path.indexOf('/') + 1))] : [path]

function walk(directory: string): string[] {
  const inner = readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name)
    return entry.isDirectory() ? walk(path) : [path]
  })
  return [...inner, directory]
}

/** Without reading any of it: names, sizes, times of change, and that it was not read since it was made. */
function picture(): readonly string[] {
  const paths = outsideNames
  return paths.map((path) => {
    const { size, mtimeMs, ctimeMs, atimeMs, nlink } = lstatSync(path)
    return `${path} ${size} ${mtimeMs} ${ctimeMs} ${atimeMs} ${nlink}`
  })
}
let outsideNames: readonly string[] = []

/** Runs a command while the other process is at work; says how often it swapped. */
async function whileSwapped(user: object, pause: number, words: readonly string[]): Promise<Ended> {
  const other = spawn(swapper, [outside, String(pause), s.root, ...DIRECTORIES], {
    stdio: ['pipe', 'pipe', 'inherit'],
    ...user,
  })
  let said = ''
  other.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  await new Promise((resolve) => other.stdout.once('data', resolve))
  const ended = await command(user, words)
  const closed = new Promise((resolve) => other.once('close', resolve))
  other.stdin.end()
  await closed
  const [swaps = 0, staged = 0] = (said.split('\n')[1] ?? '').split(' ').map(Number)
  swapped.directories += swaps
  swapped.staged += staged
  return ended
}
let swapped = { directories: 0, staged: 0 }

const command = (user: object, words: readonly string[]): Promise<Ended> =>
  run('peipkg', [...words, '--root', s.root], {
    ...user,
    cwd: s.directory,
    env: { PATH: process.env.PATH, LANG: 'C.UTF-8' },
  })

/**
 * The version whose files lie there, all of them and no other; `none` for none at all. What the other process carried off
 * under a name of its own does not count, nor what is `said` to be kept because its directory was no directory.
 */
function installed(said: string): string {
  const found = new Map<string, string>()
  for (const path of walk(s.root)) {
    const name = path.slice(s.root.length + 1)
    const isLeft = name.includes('.swapped') || said.includes(`/${name} is reached through something`)
    if (/^(usr|etc)\//.test(name) && !isLeft && lstatSync(path).isFile()) {
      found.set(name, readFileSync(path, 'utf8'))
    }
  }
  if (found.size === 0) return 'none'
  const version = ['1-1', '2-1'].find((version) => {
    const wanted = files(version)
    return (
      found.size === Object.keys(wanted).length && [...found].every(([name, text]) => wanted[name] === text)
    )
  })
  return version ?? JSON.stringify([...found])
}

async function recorded(user: object): Promise<string | undefined> {
  const { stdout } = await command(user, ['list', '--json'])
  return JSON.parse(stdout)[0]?.version ?? 'none'
}

const empty = () => {
  execFileSync('rm', ['-rf', s.root])
  for (const path of ['usr/share', 'usr/bin', 'etc', 'var/lib'])
    mkdirSync(join(s.root, path), { recursive: true })
}

describe('directories that another process changes for symlinks', () => {
  test.each(users)('lead nowhere, as %o', async (user) => {
    const seen = { done: 0, refused: 0, recovery: 0 }
    swapped = { directories: 0, staged: 0 }
    chmodSync(s.directory, 0o777)
    outsideNames = walk(outside).sort()
    const before = picture()
    for (let round = 0; round < rounds; round++) {
      empty()
      if (user === NOBODY) for (const path of walk(s.root)) chownSync(path, NOBODY.uid, NOBODY.gid)
      const steps: readonly (readonly [string, readonly string[]])[] = [
        ['1-1', ['install', '--yes', packages.get('1-1') ?? '']],
        ['2-1', ['install', '--yes', packages.get('2-1') ?? '']],
        ['none', ['remove', '--yes', 'app']],
      ]
      for (const [after, words] of steps) {
        const from = await recorded(user)
        const { code, signal, stdout, stderr } = await whileSwapped(
          user,
          [0, 200, 2000][round % 3] ?? 0,
          words,
        )
        expect({ code, signal }, stderr).toEqual({
          code: expect.toSatisfy((c) => c === 0 || c === 1),
          signal: null,
        })
        expect(picture()).toEqual(before)
        const recovered = await command(user, ['recover'])
        if (recovered.code !== 0) {
          expect(recovered.stderr).toContain('recover --report')
          seen.recovery += 1
          break
        }
        const now = await recorded(user)
        expect(code === 0 ? [after] : [from, after], `${words[0]}: ${stderr}`).toContain(now)
        expect(installed(stderr), `${words[0]} of ${now}: ${stdout}${stderr}`).toBe(now)
        expect(walk(s.root).filter((path) => /\.peipkg-(staged|backup)-[\d-]+$/.test(path))).toEqual([])
        seen[code === 0 ? 'done' : 'refused'] += 1
        // What follows needs what this would have done.
        if (now !== after) await command(user, words)
      }
      for (const path of walk(s.root)) {
        if (lstatSync(path).isFile()) expect(readFileSync(path, 'latin1'), path).not.toContain(SECRET)
      }
    }
    expect(picture()).toEqual(before)
    expect(walk(outside).sort()).toEqual(outsideNames)
    expect(swapped.directories).toBeGreaterThan(100)
    const told = `${seen.done} done, ${seen.refused} refused, ${seen.recovery} left to recovery mode`
    process.stdout.write(
      `directories swapped ${swapped.directories} times, staged ${swapped.staged}: ${told}\n`,
    )
  }, 600_000)
})
