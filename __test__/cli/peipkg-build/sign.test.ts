/** Signatures: of packages afterwards, and of binaries. */
import { execFileSync } from 'node:child_process'
import { createHash, createPublicKey, verify } from 'node:crypto'
import {
  chmodSync,
  copyFileSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { run } from '../../programs.ts'
import { fixtures, identity, publicKey, signingKey, unsignedHelloTar, writeRecipe } from '../../recipes.ts'
import { type Scratch, scratch } from './scratch.ts'

let s: Scratch
let key: string

beforeEach(() => {
  s = scratch()
  key = s.path('key.pem')
  copyFileSync(signingKey, key)
  chmodSync(key, 0o600)
})

afterEach(() => s.remove())

describe('sign', () => {
  const hello = join(fixtures, 'packages', 'unsigned-hello_0.1-1_noarch.peipkg')

  it('gives the file that a signed build gives', async () => {
    const toml = '[[package]]\nname = "some"\narchitecture = "noarch"\nfiles = ["usr/**"]\n'
    const recipe = writeRecipe(s.directory, toml, { 'usr/share/some/x': 'x' })
    const [path = ''] = await s.build(recipe, '--sign-key', key)
    const signed = readFileSync(path)
    await s.build(recipe)
    expect(readFileSync(path)).not.toEqual(signed)
    expect(await s.ok(['sign', path, '--sign-key', key])).toBe(`${path}\n`)
    expect(readFileSync(path)).toEqual(signed)
    expect(readdirSync(s.out)).toEqual(['some_1-1_noarch.peipkg'])
  })

  it('keeps the tar bytes of a foreign package, and the package itself with --out', async () => {
    const before = readFileSync(hello)
    expect(await s.ok(['sign', hello, '--sign-key', key, '--out', 'new'])).toBe(`${s.path('new')}\n`)
    expect(readFileSync(hello)).toEqual(before)
    const { tar, signature } = JSON.parse(await s.ok(['inspect', '--json', '--key', publicKey, 'new']))
    expect(signature.verified).toBe(true)
    expect(tar.sha256).not.toBe(unsignedHelloTar)
    const difference = await s.run(['diff', '--json', hello, 'new'])
    expect(JSON.parse(difference.stdout)).toMatchObject({
      signature: true,
      fields: [],
      entries: [],
      tar: { left: null, right: '.peipkg/signature' },
    })
  })

  it('takes a raw seed for a private key, as every command that signs does', async () => {
    writeFileSync(s.path('seed'), Buffer.alloc(32, 7), { mode: 0o600 })
    await s.ok(['public-key', 'seed', '--out', 'half'])
    const fingerprint = (await s.ok(['fingerprint', 'half'])).trim()
    copyFileSync(hello, s.path('hello'))
    await s.ok(['sign', 'hello', '--sign-key', 'seed'])
    expect(await s.ok(['inspect', '--verify', '--key', 'half', 'hello'])).toContain(
      `valid, by ${fingerprint}`,
    )
    const repo = (...args: string[]) => run('peipkg-repo', args, { cwd: s.directory })
    const by = ['--sign-key', 'seed', '--timestamp', '2026-05-01T12:00:00Z']
    const made = await repo('init', '--name', 'x', ...by, '--out', 'repo')
    expect(made).toMatchObject({ code: 0, stderr: '' })
    expect(made.stdout).toContain(fingerprint)
    writeFileSync(s.path('next'), Buffer.alloc(32, 8), { mode: 0o600 })
    const keys = ['--old', 'seed', '--new', 'next']
    const rotated = await repo('keys', 'rotate', '--repo', 'repo', ...keys, ...by.slice(2))
    expect(rotated).toMatchObject({ code: 0, stderr: '' })
    expect(rotated.stdout).toContain(`old: ${fingerprint}`)
  })

  it.each([
    [['sign', 'hello', '--sign-key', 'hello'], 1, 'key file hello: not an Ed25519 private key'],
    [['sign', 'hello', '--sign-key', 'key.pem'], 1, 'signed already, by 2a3f 9b5c'],
    [['sign', 'hello', '--sign-key', publicKey], 1, 'holds a public key'],
    [['sign', 'nowhere', '--sign-key', 'key.pem'], 1, 'nowhere'],
    [['sign', 'key.pem', '--sign-key', 'key.pem'], 1, 'key.pem'],
    [['sign', 'hello'], 1, 'option --sign-key is needed'],
    [['sign', '--sign-key', 'key.pem'], 1, 'an argument is missing'],
    [['sign', 'hello', 'hello', '--sign-key', 'key.pem'], 2, 'unexpected argument'],
  ])('%j ends with %i', async (args, code, text) => {
    copyFileSync(join(fixtures, 'packages', 'hello_0.1-1_noarch.peipkg'), s.path('hello'))
    const before = readFileSync(s.path('hello'))
    const ended = await s.run(args)
    expect({ ...ended, stderr: '' }).toEqual({ code, signal: null, stdout: '', stderr: '' })
    expect(ended.stderr).toMatch(/^peipkg-build: /)
    expect(ended.stderr).toContain(text)
    expect(readFileSync(s.path('hello'))).toEqual(before)
    expect(s.leftovers()).toEqual([])
  })
})

/** The signature is right by another reading of file 8 than the core's. */
function isSigned(bytes: Buffer): boolean {
  const table = Number(bytes.readBigUInt64LE(40))
  const section = (index: number) => bytes.subarray(table + index * 64, table + (index + 1) * 64)
  const last = section(bytes.readUInt16LE(60) - 1)
  const names = Number(section(bytes.readUInt16LE(62)).readBigUInt64LE(24))
  const name = bytes
    .subarray(names + last.readUInt32LE(0))
    .toString('latin1')
    .split('\0')[0]
  const at = Number(last.readBigUInt64LE(24))
  const contents = bytes.subarray(at, at + 65)
  const zeroed = Buffer.from(bytes).fill(0, at, at + 65)
  const digest = createHash('sha256').update(zeroed).digest()
  const trusted = createPublicKey(readFileSync(publicKey))
  return name === '.peios.sig' && contents[0] === 1 && verify(null, digest, trusted, contents.subarray(1))
}

const COMPILED = '#include <stdio.h>\nint main(void) { puts("still here"); return 0; }\n'

describe('binary-sign', () => {
  it('signs a program, which still runs and which readelf reads', async () => {
    writeFileSync(s.path('tool.c'), COMPILED)
    execFileSync('cc', ['-o', s.path('tool'), s.path('tool.c')])
    const before = readFileSync(s.path('tool'))
    const { mode } = statSync(s.path('tool'))
    expect(await s.ok(['binary-sign', '--in', 'tool', '--key', key])).toMatch(
      /^signed tool by 2a3f 9b5c .*\n$/,
    )
    const after = readFileSync(s.path('tool'))
    expect(isSigned(after)).toBe(true)
    expect(after.subarray(64, before.length).equals(before.subarray(64))).toBe(true)
    expect(statSync(s.path('tool')).mode).toBe(mode)
    expect(execFileSync(s.path('tool'), { encoding: 'utf8' })).toBe('still here\n')
    const read = execFileSync('readelf', ['-SW', s.path('tool')], { encoding: 'utf8', stdio: 'pipe' })
    expect(read).toMatch(/\.peios\.sig +PROGBITS +0{16} [0-9a-f]+ 000041/)
    const again = await s.run(['binary-sign', '--in', 'tool', '--key', key])
    expect(again).toMatchObject({
      code: 1,
      stderr:
        'peipkg-build: cannot sign tool: signed already: it has a section .peios.sig (sign a fresh build of it)\n',
    })
    expect(readFileSync(s.path('tool')).equals(after)).toBe(true)
  })

  it.each([
    [['--in', 'key.pem', '--key', 'key.pem'], 1, 'not a little-endian ELF64 file'],
    [['--in', 'nowhere', '--key', 'key.pem'], 1, 'cannot sign nowhere'],
    [['--in', 'key.pem', '--key', publicKey], 1, 'holds a public key'],
    [['--in', 'key.pem'], 1, 'option --key is needed'],
    [['--key', 'key.pem'], 1, 'option --in is needed'],
    [['key.pem', '--in', 'key.pem', '--key', 'key.pem'], 2, 'unexpected argument'],
  ])('%j ends with %i', async (args, code, text) => {
    const ended = await s.run(['binary-sign', ...args])
    expect(ended.code).toBe(code)
    expect(ended.stderr).toContain(text)
    expect(readFileSync(key)).toEqual(readFileSync(signingKey))
  })
})

describe('[[sign]]', () => {
  const toml = (...paths: string[]) =>
    `[[package]]\nname = "some"\narchitecture = "x86_64"\nfiles = ["usr/**"]\n${paths
      .map((path) => `[[sign]]\npath = "${path}"\nkey = "release"\n`)
      .join('')}`

  function recipe(...paths: string[]): readonly string[] {
    const written = writeRecipe(s.directory, toml(...paths), { 'usr/share/some/text': 'x' })
    const source = s.path('source')
    execFileSync('mkdir', ['-p', join(source, 'usr/bin')])
    writeFileSync(s.path('tool.c'), COMPILED)
    execFileSync('cc', ['-o', join(source, 'usr/bin/tool'), s.path('tool.c')])
    copyFileSync(join(source, 'usr/bin/tool'), join(source, 'usr/bin/other'))
    return written
  }

  it('signs the named binaries only, after the script, the same each time', async () => {
    const [path = ''] = await s.build(recipe('usr/bin/tool'), '--binary-sign-key', `release=${key}`)
    const { entries } = JSON.parse(await s.ok(['inspect', '--json', path]))
    const size = (name: string) => entries.find((entry: { path: string }) => entry.path === name).size
    expect(size('usr/bin/tool')).toBeGreaterThan(size('usr/bin/other'))
    const first = readFileSync(path)
    await s.build(recipe('usr/bin/tool'), '--binary-sign-key', `release=${key}`)
    expect(readFileSync(path).equals(first)).toBe(true)
    expect(s.leftovers()).toEqual([])
  })

  it('names every binary that cannot be signed, by file and line', async () => {
    const given = recipe('usr/bin/nowhere', 'usr/share/some/text', 'usr/share/link', 'usr/share')
    symlinkSync('../bin/tool', join(s.path('source'), 'usr/share/link'))
    const args = ['build', '--out', s.out, ...given, ...identity('1-1')]
    const { code, stderr } = await s.run([...args, '--binary-sign-key', `release=${key}`])
    const toml = join(s.path('recipe'), 'peipkg.toml')
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: [
        `${toml}:10: [[sign]] of "usr/bin/nowhere": the build script left no such file in $DESTDIR`,
        `${toml}:13: [[sign]] of "usr/share/some/text": it is not an ELF file`,
        `${toml}:16: [[sign]] of "usr/share/link": it is a symbolic link; name the file itself (../bin/tool)`,
        `${toml}:19: [[sign]] of "usr/share": it is not a regular file`,
        `${toml}: 4 problems; nothing was written`,
      ]
        .map((line) => `peipkg-build: ${line}\n`)
        .join(''),
    })
  })

  it.each([
    ['usr//x', '"path" in [[sign]] must be a path below $DESTDIR'],
    ['/usr/bin/tool', '"path" in [[sign]] must be a path below $DESTDIR'],
    ['usr/../../x', '"path" in [[sign]] must be a path below $DESTDIR'],
    ['usr/bin/tool', 'no key of that name was given (--binary-sign-key release=<file>)'],
  ])('of %s without a key is refused before the script runs', async (path, text) => {
    const given = writeRecipe(s.directory, toml(path), {}, ': > "$SOURCE_DIR/ran"')
    const { code, stderr } = await s.run(['build', '--out', s.out, ...given, ...identity('1-1')])
    expect(code).toBe(1)
    expect(stderr).toContain(text)
    expect(readdirSync(s.path('source'))).toEqual([])
  })

  it.each([
    [['a'], 'option --binary-sign-key is NAME=FILE, not "a"'],
    [['=x'], 'a name is missing'],
    [['a=x', 'a=y'], '"a" is given twice'],
  ])('--binary-sign-key %j is malformed', async (pairs, text) => {
    const given = writeRecipe(s.directory, toml('usr/bin/tool'))
    const options = pairs.flatMap((pair) => ['--binary-sign-key', pair])
    const { code, stderr } = await s.run(['build', '--out', s.out, ...given, ...options, ...identity('1-1')])
    expect({ code, text: stderr.includes(text) }).toEqual({ code: 2, text: true })
  })
})
