/** Packages without a recipe: packed, looked at; and the keys that sign them. */
import { createPublicKey } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { run } from '../../programs.ts'
import { fixtures, goldenTimestamp, publicKey, signingKey } from '../../recipes.ts'
import { type Scratch, scratch } from './scratch.ts'

let s: Scratch
let directory: string

beforeEach(() => {
  s = scratch()
  directory = s.directory
})

afterEach(() => s.remove())

async function inspect(path: string) {
  return JSON.parse(await s.ok(['inspect', '--json', path]))
}

describe('pack', () => {
  it('makes the golden package from its manifest', async () => {
    const theirs = await inspect(join(fixtures, 'packages', 'hello_0.1-1_noarch.peipkg'))
    const manifest = join(directory, 'manifest.json')
    const { schema_version: _, size_installed: __, ...draft } = theirs.manifest
    writeFileSync(manifest, JSON.stringify(draft))
    const staged = join(fixtures, 'recipes/hello/source')
    const target = join(directory, 'x.peipkg')
    const args = [
      'pack',
      '--manifest',
      manifest,
      '--staged',
      staged,
      '--out',
      target,
      '--sign-key',
      signingKey,
    ]
    const { code, stdout } = await run('peipkg-build', args)
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${target}\n` })
    expect((await inspect(target)).tar).toEqual(theirs.tar)
  })

  it('sorts relations, refuses repeats, and leaves nothing behind', async () => {
    const manifest = join(directory, 'manifest.json')
    const draft = {
      name: 'a1',
      version: '1-1',
      architecture: 'noarch',
      build: { timestamp: goldenTimestamp, farm_id: '', source_ref: '' },
    }
    const staged = join(directory, 'staged')
    mkdirSync(staged)
    const pack = async (dependencies: object[]) => {
      writeFileSync(manifest, JSON.stringify({ ...draft, dependencies }))
      return await run('peipkg-build', [
        'pack',
        '--manifest',
        manifest,
        '--staged',
        staged,
        '--out',
        join(directory, 'a.peipkg'),
      ])
    }
    expect((await pack([{ name: 'b1' }, { name: 'b1' }])).code).toBe(1)
    expect(readdirSync(directory).sort()).toEqual(['manifest.json', 'staged', 'tmp'])
    expect((await pack([{ name: 'c1' }, { name: 'b1' }])).code).toBe(0)
    expect((await inspect(join(directory, 'a.peipkg'))).manifest.dependencies).toEqual([
      { name: 'b1' },
      { name: 'c1' },
    ])
  })
})

describe('inspect', () => {
  const package_ = join(fixtures, 'packages', 'libfoo_1:1.2.3~rc1-2_x86_64.peipkg')

  it('shows a package', async () => {
    const { code, stdout } = await run('peipkg-build', ['inspect', package_])
    expect(code).toBe(0)
    expect(stdout).toMatchInlineSnapshot(`
      "name:          libfoo
      version:       1:1.2.3~rc1-2
      architecture:  x86_64
      description:   libfoo runtime
      license:       MIT
      homepage:      https://example.org/libfoo
      dependencies:  libc, zlib (>= 1.2, < 2)
      provides:      foo-abi (= 1.2.3-1)
      replaces:      foo-old (< 1)
      side effects:  ldconfig
      built:         2026-05-01T12:00:00Z by golden-farm
      source:        test://libfoo
      signature:     by 2a3f 9b5c 2c81 463c 059d f040 6cf4 09e1 4ed4 b54a dccb 6c64 7a25 9af6 223b 4941, not checked (no --key was given)
      file:          908 B, sha256 1a2706b55121c9b6f50321d70ed96820e1936a558883acdaf669989b714c3741
      tar:           12.0 KiB in 1 frame, sha256 aaa9d5108cb143c81ac640c38b7e3b824dddec38282c6ad249d55b9402ba7579
      payload:       1 file, 3 directories, 1 link, 4.9 KiB installed
      "
    `)
    expect((await run('peipkg-build', ['inspect', '--files', package_])).stdout).toMatchInlineSnapshot(`
      "   -  usr/
         -  usr/lib/
         -  usr/lib/x86_64-linux-peios/
         -  usr/lib/x86_64-linux-peios/libfoo.so.1 -> libfoo.so.1.2.3
      5000  usr/lib/x86_64-linux-peios/libfoo.so.1.2.3
      "
    `)
  })

  it('says whether it is whole, and by whom', async () => {
    const verify = (...args: string[]) => run('peipkg-build', ['inspect', '--verify', package_, ...args])
    expect((await verify()).stdout).toMatch(/^OK: format and hashes; by ([0-9a-f]{4} ?){16}, not checked/)
    expect((await verify('--key', publicKey)).stdout).toMatch(/^OK: format and hashes; valid, by /)
    const other = join(directory, 'other.pem')
    await run('peipkg-build', ['keygen', '--out', other])
    expect(await verify('--key', other)).toMatchObject({
      code: 1,
      stderr: `peipkg-build: ${other} holds a private key: --key takes the public one ("peipkg-build public-key ${other}" writes it)\n`,
    })
    await run('peipkg-build', ['public-key', other, '--out', `${other}.pub`])
    expect((await verify('--key', `${other}.pub`)).code).toBe(1)
    expect((await verify('--key', package_)).stderr).toContain('not an Ed25519 public key')
  })

  it('refuses what is not whole', async () => {
    const bytes = readFileSync(package_)
    const broken = join(directory, 'broken.peipkg')
    writeFileSync(broken, bytes.subarray(0, bytes.length - 10))
    const { code, stdout, stderr } = await run('peipkg-build', ['inspect', broken])
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toContain('broken.peipkg')
    expect((await run('peipkg-build', ['inspect', '--json', '--files', broken])).code).toBe(2)
    expect((await run('peipkg-build', ['inspect'])).code).toBe(1)
  })
})

describe('keys', () => {
  it('are made private, never over an existing file, and recognised', async () => {
    const key = join(directory, 'key.pem')
    const made = await run('peipkg-build', ['keygen', '--out', key])
    expect(made.stdout).toMatch(/^([0-9a-f]{4} ){15}[0-9a-f]{4}\n$/)
    expect(statSync(key).mode & 0o777).toBe(0o600)
    expect((await run('peipkg-build', ['fingerprint', key])).stdout).toBe(made.stdout)
    const before = readFileSync(key)
    expect((await run('peipkg-build', ['keygen', '--out', key])).code).toBe(1)
    expect(readFileSync(key)).toEqual(before)
    const known = await inspect(join(fixtures, 'packages', 'hello_0.1-1_noarch.peipkg'))
    const { stdout } = await run('peipkg-build', ['fingerprint', publicKey])
    expect(stdout.replaceAll(/\s/g, '')).toBe(known.signature.key_fingerprint)
  })

  it('have a public half that can be given away', async () => {
    const [key, half] = [join(directory, 'key.pem'), join(directory, 'key.pub')]
    await run('peipkg-build', ['keygen', '--out', key])
    const shown = await run('peipkg-build', ['public-key', key])
    expect(shown).toMatchObject({ code: 0, stderr: '' })
    expect(await run('peipkg-build', ['public-key', key, '--out', half])).toMatchObject({ stdout: '' })
    expect(readFileSync(half, 'utf8')).toBe(shown.stdout)
    expect(createPublicKey(shown.stdout)).toEqual(createPublicKey(readFileSync(key)))
    const fingerprint = async (path: string) => (await run('peipkg-build', ['fingerprint', path])).stdout
    expect(await fingerprint(half)).toBe(await fingerprint(key))
    const package_ = join(fixtures, 'packages', 'hello_0.1-1_noarch.peipkg')
    const signed = join(directory, 'signing.pub')
    await run('peipkg-build', ['public-key', signingKey, '--out', signed])
    const { stdout } = await run('peipkg-build', ['inspect', '--verify', '--key', signed, package_])
    expect(stdout).toMatch(/^OK: format and hashes; valid, by /)
  })

  it('lose nothing to their public half', async () => {
    const key = join(directory, 'key.pem')
    await run('peipkg-build', ['keygen', '--out', key])
    const before = readFileSync(key)
    const { code, stderr } = await run('peipkg-build', ['public-key', key, '--out', key])
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: `peipkg-build: cannot write ${key}: file already exists\n`,
    })
    expect(readFileSync(key)).toEqual(before)
    expect((await run('peipkg-build', ['public-key', publicKey])).stderr).toContain(
      'not an Ed25519 private key',
    )
    expect((await run('peipkg-build', ['public-key'])).code).toBe(1)
  })
})
