/** Why two packages differ, and whether one can be made again. */
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { fixtures, goldenRecipe, identity, signingKey, writeRecipe } from '../../recipes.ts'
import { schemaProblems } from '../peipkg/json-schema.ts'
import { type Scratch, scratch } from './scratch.ts'

let s: Scratch

beforeEach(() => {
  s = scratch()
})

afterEach(() => s.remove())

const toml = (fields: string) =>
  `[[package]]\nname = "some"\narchitecture = "noarch"\nfiles = ["{usr,etc}/**"]\n${fields}\n`

/** Builds a package and gives it another name, so that the next one does not replace it. */
async function made(
  name: string,
  fields: string,
  files: Readonly<Record<string, string>>,
  script = '',
  ...options: string[]
): Promise<string> {
  const [path = ''] = await s.build(writeRecipe(s.path(name), toml(fields), files, script), ...options)
  copyFileSync(path, s.path(`${name}.peipkg`))
  return `${name}.peipkg`
}

describe('diff', () => {
  it('tells all that differs, for people and for programs', async () => {
    const left = await made(
      'left',
      'description = "one"\ndependencies = [{ name = "zlib" }, { name = "libc" }]',
      { 'usr/share/text': 'first\nsecond\n', 'usr/share/old': 'x', 'usr/share/data': '\0\x01\x02' },
      'ln -s text "$DESTDIR/usr/share/link"',
    )
    const right = await made(
      'right',
      'description = "two"\ndependencies = [{ name = "zlib", constraint = ">= 2" }, { name = "libc" }]',
      { 'usr/share/text': 'first\nSecond!\n', 'usr/share/data': '\0\x01\x03', 'etc/new': 'new' },
      'ln -s data "$DESTDIR/usr/share/link"',
      '--sign-key',
      signingKey,
    )
    const { code, stdout, stderr } = await s.run(['diff', left, right])
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' })
    expect(stdout).toMatchInlineSnapshot(`
      "manifest:
        description: "one" -> "two"
        dependencies: - zlib
        dependencies: + zlib (>= 2)
        size_installed: 17 -> 20
      payload:
        + etc (directory)
        + etc/new (file, 3 B)
        ~ usr/share/data: differs from byte 2 on: 02 -> 03
        ~ usr/share/link: link to text -> link to data
        - usr/share/old (file, 1 B)
        ~ usr/share/text: 13 -> 14 bytes, differs from byte 6 on (line 2): "second\\n" -> "Second!\\n"
      signature:
        not signed
        -> by 2a3f 9b5c 2c81 463c 059d f040 6cf4 09e1 4ed4 b54a dccb 6c64 7a25 9af6 223b 4941
      tar stream:
        first difference at byte 133, in .peipkg/manifest.json
      "
    `)
    const document = JSON.parse((await s.run(['diff', '--json', left, right])).stdout)
    expect(schemaProblems('build-diff', document)).toEqual([])
    expect(document).toMatchObject({ identical: false, signature: true, reordered: false })
    expect(s.leftovers()).toEqual([])
  })

  it('says when two are identical, and when only the compression differs', async () => {
    const files = { 'usr/share/text': 'text '.repeat(10_000) }
    const left = await made('left', '', files)
    const right = await made('right', '', files, '', '--level', '1')
    expect(await s.run(['diff', left, left])).toMatchObject({ code: 0, stdout: 'identical\n', stderr: '' })
    const same = JSON.parse(await s.ok(['diff', '--json', left, left]))
    expect(schemaProblems('build-diff', same)).toEqual([])
    expect(same).toMatchObject({ identical: true, fields: [], entries: [], tar: null })
    const { code, stdout } = await s.run(['diff', left, right])
    expect(code).toBe(1)
    expect(stdout).toMatch(
      /^compression:\n {2}the same tar stream, compressed differently .*\n {2}\d+ bytes in 1 frame -> \d+ bytes in 1 frame\n$/,
    )
  })

  it.each([
    [['diff', 'broken', 'broken'], 1, 'peipkg-build: broken: '],
    [['diff', 'nowhere', 'nowhere'], 1, 'nowhere'],
    [['diff', 'broken'], 1, 'an argument is missing'],
    [['diff', 'a', 'b', 'c'], 2, 'unexpected argument "c"'],
    [['diff', '--bogus', 'a', 'b'], 2, 'unknown option "--bogus"'],
  ])('%j ends with %i', async (args, code, text) => {
    const whole = readFileSync(join(fixtures, 'packages', 'hello_0.1-1_noarch.peipkg'))
    writeFileSync(s.path('broken'), whole.subarray(0, 100))
    const ended = await s.run(args)
    expect(ended).toMatchObject({ code, stdout: '', stderr: expect.stringContaining(text) })
  })
})

describe('reproduce', () => {
  it.each(['hello', 'libfoo'])('makes the golden %s again, signed or not', async (name) => {
    const recipe = goldenRecipe(name, s.directory)
    const version = name === 'hello' ? '0.1-1' : '1:1.2.3~rc1-2'
    for (const key of [[], ['--sign-key', signingKey]]) {
      const paths = await s.build(recipe, ...identity(version, `test://${name}`), ...key)
      for (const path of paths) {
        const { code, stdout, stderr } = await s.run(['reproduce', path, ...recipe])
        expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
        expect(stdout).toMatch(/^reproduced: .* is the same file, byte for byte \(sha256 [0-9a-f]{64}\)\n$/)
      }
    }
    expect(s.leftovers()).toEqual([])
  })

  it('holds the reference to it: the same tar stream, another compression', async () => {
    const recipe = goldenRecipe('hello', s.directory)
    const file = join(fixtures, 'packages', 'hello_0.1-1_noarch.peipkg')
    const { code, stdout } = await s.run(['reproduce', file, ...recipe])
    expect({ code, stdout }).toEqual({
      code: 1,
      stdout: expect.stringMatching(
        /^not reproduced: .*\ncompression:\n {2}the same tar stream, compressed diff/,
      ),
    })
    expect((await s.run(['reproduce', file, ...recipe, '--ignore-compression'])).code).toBe(0)
  })

  it('says where the first difference is', async () => {
    const recipe = writeRecipe(
      s.directory,
      toml(''),
      { 'usr/share/some/text': 'stable\n' },
      'echo built; echo "built in $PWD" >> "$DESTDIR/usr/share/some/text"',
    )
    const [path = ''] = (await s.build(recipe)).slice(-1)
    const { code, stdout } = await s.run(['reproduce', path, ...recipe])
    expect(code).toBe(1)
    expect(stdout).toContain(`not reproduced: ${path}\n`)
    expect(stdout).toMatch(/~ usr\/share\/some\/text: differs from byte \d+ on \(line 2\): "/)
    const json = await s.run(['reproduce', path, ...recipe, '--json'])
    const document = JSON.parse(json.stdout)
    expect(schemaProblems('reproduce', document)).toEqual([])
    expect(document).toMatchObject({ reproduced: false, difference: { identical: false } })
    expect(json.stderr).toBe('built\n')
    expect(s.leftovers()).toEqual([])
  })

  it('needs a recipe that makes the package, and a package that is whole', async () => {
    const recipe = goldenRecipe('hello', s.directory)
    const other = join(fixtures, 'packages', 'libfoo_1:1.2.3~rc1-2_x86_64.peipkg')
    expect(await s.run(['reproduce', other, ...recipe])).toMatchObject({
      code: 1,
      stderr: 'peipkg-build: reproduce: the recipe makes no package "libfoo" for x86_64\n',
    })
    expect(await s.run(['reproduce', other])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('options --recipe, --source are needed'),
    })
    writeFileSync(s.path('broken'), 'x')
    expect((await s.run(['reproduce', 'broken', ...recipe])).code).toBe(1)
    expect(s.leftovers()).toEqual([])
  })
})
