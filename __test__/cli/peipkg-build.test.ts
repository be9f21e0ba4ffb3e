import { createHash } from 'node:crypto'
import {
  chmodSync,
  existsSync,
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
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Ended, run, start } from '../programs.ts'
import {
  fixtures,
  golden,
  goldenRecipe,
  goldenTimestamp,
  identity,
  publicKey,
  signingKey,
  unsignedHelloTar,
  writeRecipe,
} from '../recipes.ts'

let directory: string
let out: string
/** Temporary files of the programs: what is left there is seen. */
let temporary: string

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'peipkg-build-test-'))
  out = join(directory, 'out')
  temporary = join(directory, 'tmp')
  mkdirSync(temporary)
})

afterEach(() => rmSync(directory, { recursive: true }))

function build(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const env = { PATH: process.env.PATH, TMPDIR: temporary, ...environment }
  return run('peipkg-build', ['build', '--out', out, ...args], { env, cwd: directory })
}

async function inspect(path: string) {
  const { stdout, stderr, code } = await run('peipkg-build', ['inspect', '--json', path])
  expect({ stderr, code }).toEqual({ stderr: '', code: 0 })
  return JSON.parse(stdout)
}

function nothingLeft(): void {
  expect(readdirSync(temporary)).toEqual([])
  expect(existsSync(out)).toBe(false)
}

describe('the golden recipes', () => {
  it.each(golden)('$recipe gives the tar streams of the reference', async ({ recipe, version, tar }) => {
    const args = [...goldenRecipe(recipe, directory), ...identity(version, `test://${recipe}`)]
    const { code, stdout, stderr } = await build([...args, '--sign-key', signingKey])
    expect({ code, stderr: stderr.replace(/^.*can be read by others.*\n/, '') }).toEqual({
      code: 0,
      stderr: '',
    })
    expect(stdout).toBe(
      Object.keys(tar)
        .map((name) => `${join(out, name)}\n`)
        .join(''),
    )
    expect(readdirSync(out).sort()).toEqual(Object.keys(tar).sort())
    for (const [name, sha256] of Object.entries(tar)) {
      expect((await inspect(join(out, name))).tar.sha256).toBe(sha256)
    }
  })

  it('hello without a key gives the unsigned tar stream', async () => {
    await build([...goldenRecipe('hello', directory), ...identity('0.1-1', 'test://hello')])
    const inspection = await inspect(join(out, 'hello_0.1-1_noarch.peipkg'))
    expect(inspection.tar.sha256).toBe(unsignedHelloTar)
    expect(inspection.signature).toBeNull()
  })

  it('edge is built and verified, its metadata package too', async () => {
    const { stdout } = await build([
      ...goldenRecipe('edge', directory),
      ...identity('2.0+git.5-1', 'test://edge'),
      '--sign-key',
      signingKey,
    ])
    const paths = stdout.trim().split('\n')
    expect(paths).toHaveLength(2)
    for (const path of paths) {
      const { code } = await run('peipkg-build', ['inspect', '--verify', '--key', publicKey, path])
      expect(code).toBe(0)
    }
    const ours = await inspect(paths[0] as string)
    const theirs = await inspect(join(fixtures, 'packages', 'edge.case+x_2.0+git.5-1_noarch.peipkg'))
    const byPath = (entries: { path: string }[]) => entries.toSorted((a, b) => (a.path < b.path ? -1 : 1))
    expect(byPath(ours.entries)).toEqual(byPath(theirs.entries))
    expect(ours.manifest).toEqual(theirs.manifest)
  })

  it('are the same bytes whatever the threads, the umask, the time zone and the language', async () => {
    const digests = new Set<string>()
    for (const [threads, umask, environment] of [
      ['1', 0o022, { TZ: 'UTC', LANG: 'C' }],
      ['3', 0o077, { TZ: 'Asia/Tokyo', LANG: 'tr_TR.UTF-8', LC_ALL: 'de_DE.UTF-8' }],
    ] as const) {
      const before = process.umask(umask)
      try {
        const recipe = goldenRecipe('libfoo', join(directory, threads))
        const { code } = await build(
          [...recipe, ...identity('1-1'), '--sign-key', signingKey, '--threads', threads],
          environment,
        )
        expect(code).toBe(0)
      } finally {
        process.umask(before)
      }
      const hash = createHash('sha256')
      for (const name of readdirSync(out).sort()) hash.update(readFileSync(join(out, name)))
      digests.add(hash.digest('hex'))
      rmSync(out, { recursive: true })
    }
    expect(digests.size).toBe(1)
  })
})

const TWO = `[[package]]
name = "first"
architecture = "noarch"
files = ["usr/share/first/**"]

[[package]]
name = "second"
architecture = "noarch"
files = ["usr/share/second/**"]
`

describe('a build', () => {
  it('takes the time from SOURCE_DATE_EPOCH', async () => {
    const recipe = writeRecipe(directory, TWO, { 'usr/share/first/a': 'a', 'usr/share/second/b': 'b' })
    const args = [...recipe, '--version', '1-1', '--source-ref', 'x', '--farm-id', 'y']
    expect(await build(args)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('peipkg-build: option --timestamp is needed\n'),
    })
    expect((await build(args, { SOURCE_DATE_EPOCH: '1777636800' })).code).toBe(0)
    const { manifest } = await inspect(join(out, 'first_1-1_noarch.peipkg'))
    expect(manifest.build).toEqual({ timestamp: goldenTimestamp, farm_id: 'y', source_ref: 'x' })
  })

  it('shows what the script prints, and replaces older packages', async () => {
    const files = { 'usr/share/first/a': 'a', 'usr/share/second/b': 'b' }
    const recipe = writeRecipe(directory, TWO, files, 'echo to stdout; echo to stderr >&2; echo "$MODE"')
    mkdirSync(out)
    writeFileSync(join(out, 'first_1-1_noarch.peipkg'), 'old')
    const { code, stdout, stderr } = await build([...recipe, ...identity('1-1'), '--build-env', 'MODE=a=b c'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: 'to stderr\n' })
    const names = ['first_1-1_noarch.peipkg', 'second_1-1_noarch.peipkg']
    expect(stdout).toBe(`to stdout\na=b c\n${names.map((name) => `${join(out, name)}\n`).join('')}`)
    expect(readdirSync(out).sort()).toEqual(names)
    expect(readdirSync(temporary)).toEqual([])
    expect(statSync(join(out, names[0] as string)).size).toBeGreaterThan(100)
  })

  it('keeps its directories when asked', async () => {
    const recipe = writeRecipe(directory, TWO, { 'usr/share/first/a': 'a', 'usr/share/second/b': 'b' })
    const { stderr } = await build([...recipe, ...identity('1-1'), '--keep'])
    const [name] = readdirSync(temporary)
    expect(stderr).toBe(`kept ${join(temporary, name as string)}\n`)
    expect(existsSync(join(temporary, name as string, 'destdir/usr/share/first/a'))).toBe(true)
  })

  it('reports orphans, overlaps and broken rules of all stanzas together, and writes nothing', async () => {
    const toml = `[[package]]
name = "first"
architecture = "noarch"
side_effects = ["ldconfig"]
files = ["usr/share/first/**", "usr/lib/**"]

[[package]]
name = "second"
architecture = "noarch"
files = ["usr/share/first/both", "sbin/**"]

[[package]]
name = "third"
architecture = "noarch"
files = ["nothing/**"]
`
    const files = {
      'usr/share/first/both': '',
      'usr/lib/x': '',
      'sbin/y': '',
      'etc/lost': '',
      'etc/lost2': '',
    }
    const { code, stdout, stderr } = await build([...writeRecipe(directory, toml, files), ...identity('1-1')])
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    for (const text of [
      'orphan: etc/lost is claimed by no [[package]]\n',
      'orphan: etc/lost2 is claimed by no [[package]]\n',
      'overlap: usr/share/first/both is claimed by "first" and "second"\n',
      '[[package]] "third" claims nothing',
    ]) {
      expect(stderr).toContain(`peipkg-build: ${text}`)
    }
    // Rules of two stanzas: a file directly in usr/lib, ldconfig without a library, a place that is not allowed.
    expect(stderr).toMatch(/\[\[package\]\] "first": .*usr\/lib\/x/)
    expect(stderr).toMatch(/\[\[package\]\] "first": .*ldconfig/)
    expect(stderr).toMatch(/\[\[package\]\] "second": .*sbin\/y/)
    nothingLeft()
  })

  it('refuses a recipe before its script runs', async () => {
    const toml = `[[package]]
name = "First"
architecture = "noarch"
dependencies = [{ name = "x1", constraint = ">> 1" }, { name = "y1" }, { name = "y1" }]
conflicts = [{ name = "Z", arch = "x86_64" }]
provides = [{ name = "p1", version = "one" }]
files = ["usr/[a"]

[[sign]]
path = "usr/bin/x"
key = "release"
`
    const recipe = writeRecipe(directory, toml, {}, ': > "$SOURCE_DIR/ran"')
    const { code, stderr } = await build([...recipe, ...identity('1-1')])
    expect(code).toBe(1)
    expect(stderr).toContain(
      '[[sign]] of "usr/bin/x" asks for the key "release", and no key of that name was given',
    )
    for (const problem of [
      /usr\/\[a/,
      /"First"/,
      /dependencies: .*>> 1/,
      /dependencies: two entries for the name "y1"/,
      /conflicts: .*"Z"/,
      /conflicts: arch of "Z" can only be "any", not "x86_64"/,
      /provides: .*"one"/,
    ]) {
      expect(stderr).toMatch(
        new RegExp(
          `^peipkg-build: .*peipkg\\.toml:\\d+: \\[\\[package\\]\\] "First": .*${problem.source}`,
          'm',
        ),
      )
    }
    expect(existsSync(join(directory, 'source/ran'))).toBe(false)
    nothingLeft()
  })

  it('names file, line and the nearest key', async () => {
    const recipe = writeRecipe(directory, '[[package]]\nname = "a1"\narch = "noarch"\nfiles = []\n')
    const { code, stderr } = await build([...recipe, ...identity('1-1')])
    expect(code).toBe(1)
    expect(stderr).toContain(
      `peipkg-build: ${join(directory, 'recipe/peipkg.toml')}:7: unknown key "arch" in [[package]] "a1" (the nearest known key is "architecture")`,
    )
  })

  it('ends with 1 when the script fails, and shows why', async () => {
    const recipe = writeRecipe(
      directory,
      TWO,
      {},
      'mkdir -p "$DESTDIR/usr"; chmod 500 "$DESTDIR/usr"; echo broken >&2; exit 7',
    )
    const { code, stdout, stderr } = await build([...recipe, ...identity('1-1')])
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(/^broken\npeipkg-build: the build script .*build\.sh failed: exit status 7\n$/)
    nothingLeft()
  })

  it('refuses special files, and a destdir that is none', async () => {
    const fifo = writeRecipe(directory, TWO, {}, 'mkfifo "$DESTDIR/pipe"')
    expect((await build([...fifo, ...identity('1-1')])).stderr).toContain('special file: pipe')
    const gone = writeRecipe(directory, TWO, {}, 'rm -rf "$DESTDIR"; ln -s / "$DESTDIR"')
    const { code, stderr } = await build([...gone, ...identity('1-1')])
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: 'peipkg-build: the build script removed or replaced $DESTDIR\n',
    })
    nothingLeft()
  })

  it('stores hard links as files of their own', async () => {
    const toml = '[[package]]\nname = "links"\narchitecture = "noarch"\nfiles = ["usr/**"]\n'
    const script = 'ln "$DESTDIR/usr/share/a" "$DESTDIR/usr/share/b"'
    const recipe = writeRecipe(directory, toml, { 'usr/share/a': 'same' }, script)
    expect((await build([...recipe, ...identity('1-1')])).code).toBe(0)
    const { entries } = await inspect(join(out, 'links_1-1_noarch.peipkg'))
    const files = entries.filter((entry: { kind: string }) => entry.kind === 'file')
    expect(files.map((entry: { size: number }) => entry.size)).toEqual([4, 4])
  })

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('killed by %s leaves nothing, not even a process', async (signal, code) => {
    const recipe = writeRecipe(directory, TWO, {}, 'sleep 1000 & echo $!; wait')
    const env = { PATH: process.env.PATH, TMPDIR: temporary }
    const args = ['build', '--out', out, ...recipe, ...identity('1-1')]
    const { child, ended } = start('peipkg-build', args, { env })
    const sleeper = await new Promise<string>((resolve) => child.stdout?.once('data', resolve))
    child.kill(signal)
    const end = await ended
    expect({ code: end.code, signal: end.signal }).toEqual({ code, signal: null })
    expect(end.stderr).toBe('peipkg-build: the build was cancelled; nothing was written\n')
    expect(existsSync(`/proc/${sleeper.trim()}/cwd`)).toBe(false)
    nothingLeft()
  })

  it('ends when its time is over', async () => {
    const recipe = writeRecipe(directory, TWO, {}, 'sleep 1000')
    const { code, stderr } = await build([...recipe, ...identity('1-1'), '--timeout', '1'])
    expect(code).toBe(1)
    expect(stderr).toContain('ran longer than 1 s and was killed (see --timeout)')
    nothingLeft()
  })

  it('warns about a private key that others can read, and refuses a public one', async () => {
    const recipe = writeRecipe(directory, TWO, { 'usr/share/first/a': 'a', 'usr/share/second/b': 'b' })
    const key = join(directory, 'key.pem')
    await run('peipkg-build', ['keygen', '--out', key])
    chmodSync(key, 0o644)
    const { code, stderr } = await build([...recipe, ...identity('1-1'), '--sign-key', key])
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: `peipkg-build: warning: the private key ${key} can be read by others than its owner (chmod 600 ${key})\n`,
    })
    expect((await build([...recipe, ...identity('1-1'), '--sign-key', publicKey])).code).toBe(1)
  })

  it.each([
    [['--bogus'], 2, 'unknown option "--bogus"'],
    [['surplus'], 2, 'unexpected argument "surplus"'],
    [['--threads', '0'], 2, 'option --threads is a whole number'],
    [['--level=x'], 2, 'option --level is a whole number'],
    [['--timeout', 'soon'], 2, 'option --timeout is a time'],
    [['--build-env', 'PATH=/x'], 2, 'PATH is set by peipkg-build itself'],
    [['--build-env', '1A=x'], 2, '"1A" is not a name'],
    [['--build-env', 'A'], 2, 'option --build-env is NAME=VALUE'],
    [['--version', '1.0'], 2, 'option --version'],
    [['--timestamp', '2026-05-01'], 2, 'option --timestamp is a UTC time'],
    [['--source', 'nowhere'], 1, 'nowhere is not a directory'],
    [['--recipe', 'nowhere'], 1, 'nowhere is not a recipe directory'],
    [['--sign-key', 'nowhere'], 1, 'nowhere'],
  ])('with %j ends with %i', async (args, code, text) => {
    const recipe = writeRecipe(directory, TWO, {})
    const ended = await build([...recipe, ...identity('1-1'), ...args])
    expect(ended.code).toBe(code)
    expect(ended.stderr).toMatch(/^peipkg-build: /)
    expect(ended.stderr).toContain(text)
    nothingLeft()
  })
})

describe.each(['peipkg-build', 'peipkg-repo'] as const)('%s', (program) => {
  it.each([['help'], ['--help'], ['-h'], ['-help']])('%s goes to stdout', async (word) => {
    const { code, stdout, stderr } = await run(program, [word])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toContain(`usage: ${program} <command>`)
  })

  it('shows options and examples of every command', async () => {
    const { stdout } = await run(program, ['help'])
    const commands = [...stdout.matchAll(/^ {2}([a-z]+) {2}/gm)].map(([, name]) => name as string)
    expect(commands.length).toBeGreaterThan(2)
    for (const command of commands) {
      const help = await run(program, [command, '--help'])
      expect(help.code).toBe(0)
      expect(help.stdout).toMatch(
        new RegExp(`^usage: ${program} ${command} [^]*^examples?:\n {2}${program} ${command} `, 'm'),
      )
    }
  })

  it('says its version, and ends with 1 for a missing command, 2 for an unknown one', async () => {
    expect((await run(program, ['--version'])).stdout).toMatch(/^peipkg-(build|repo) \d+\.\d+\.\d+\n$/)
    expect((await run(program, [])).code).toBe(1)
    const { code, stderr } = await run(program, ['biuld'])
    expect(code).toBe(2)
    expect(stderr).toContain('unknown command "biuld"')
  })
})
