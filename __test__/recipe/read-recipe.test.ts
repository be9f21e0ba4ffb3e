import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { PeiError } from '../../ts/native/errors.ts'
import { readRecipe } from '../../ts/recipe/read-recipe.ts'

let directory: string

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'peipkg-recipe-'))
  writeFileSync(join(directory, 'build.sh'), 'true\n')
})

afterEach(() => rmSync(directory, { recursive: true }))

const META = '[meta]\nbuild_script = "build.sh"\n'
const HELLO = '[[package]]\nname = "hello"\narchitecture = "noarch"\nfiles = ["usr/**"]\n'

function write(text: string): void {
  writeFileSync(join(directory, 'peipkg.toml'), text)
}

/** The problems of a recipe, without the directory's name. */
async function problems(text: string): Promise<readonly string[]> {
  write(text)
  try {
    await readRecipe(directory)
  } catch (error) {
    if (error instanceof PeiError) return error.message.replaceAll(`${directory}/`, '').split('\n')
    throw error
  }
  return []
}

describe('a recipe', () => {
  it('is read whole', async () => {
    write(`[meta]
license = "MIT"
homepage = "https://example.org"
source = "https://example.org/x.tar.gz"
build_script = "build.sh"

[upstream]
anything = true

[[package]]
name = "libfoo"
architecture = "x86_64"
description = "the library"
dependencies = [{ name = "libc", constraint = ">= 2", arch = "any" }]
provides = [{ name = "foo-abi", version = "1-1" }]
replaces = [{ name = "foo-old" }]
side_effects = ["ldconfig"]
sd_overrides = [{ path = "etc/foo", sddl = "O:SYG:SY" }, { path = "etc/bar", sd = "AQ" }]
files = ["usr/lib/**"]

[[package]]
name = "libfoo-dev"
architecture = "x86_64"
dependencies = [{ name = "libfoo", same_build = true }]
optional_dependencies = [{ name = "gcc" }]
conflicts = [{ name = "foo-old", constraint = "< 1" }]
files = []

[[sign]]
path = "usr/bin/foo"
key = "release"
`)
    const recipe = await readRecipe(directory)
    expect(recipe).toEqual({
      file: join(directory, 'peipkg.toml'),
      directory,
      buildScript: join(directory, 'build.sh'),
      license: 'MIT',
      homepage: 'https://example.org',
      source: 'https://example.org/x.tar.gz',
      packages: [
        {
          name: 'libfoo',
          architecture: 'x86_64',
          description: 'the library',
          dependencies: [{ name: 'libc', constraint: '>= 2', arch: 'any', sameBuild: false }],
          optionalDependencies: [],
          conflicts: [],
          provides: [{ name: 'foo-abi', version: '1-1' }],
          replaces: [{ name: 'foo-old' }],
          sideEffects: ['ldconfig'],
          sdOverrides: [
            { path: 'etc/foo', sddl: 'O:SYG:SY' },
            { path: 'etc/bar', sd: 'AQ' },
          ],
          files: ['usr/lib/**'],
        },
        {
          name: 'libfoo-dev',
          architecture: 'x86_64',
          description: '',
          dependencies: [{ name: 'libfoo', sameBuild: true }],
          optionalDependencies: [{ name: 'gcc', sameBuild: false }],
          conflicts: [{ name: 'foo-old', constraint: '< 1' }],
          provides: [],
          replaces: [],
          sideEffects: [],
          sdOverrides: [],
          files: [],
        },
      ],
      sign: [{ path: 'usr/bin/foo', key: 'release' }],
      otherSections: { upstream: { anything: true } },
    })
  })

  it('may be named by its file', async () => {
    write(META + HELLO)
    expect((await readRecipe(join(directory, 'peipkg.toml'))).directory).toBe(directory)
  })

  it('that is not there says so', async () => {
    await expect(readRecipe(directory)).rejects.toThrow(/peipkg\.toml does not exist/)
    await expect(readRecipe(join(directory, 'nowhere'))).rejects.toThrow(/nowhere is not a recipe directory/)
  })

  it('has a build script that is a file', async () => {
    expect(await problems(`[meta]\nbuild_script = "b.sh"\n${HELLO}`)).toEqual([
      'peipkg.toml:2: the build script b.sh does not exist',
    ])
    mkdirSync(join(directory, 'b.sh'))
    expect(await problems(`[meta]\nbuild_script = "b.sh"\n${HELLO}`)).toEqual([
      'peipkg.toml:2: the build script b.sh is not a regular file',
    ])
    expect(await problems(`[meta]\nbuild_script = "/bin/true"\n${HELLO}`)).toEqual([
      `peipkg.toml:2: "build_script" in [meta] must be relative to the recipe, not "/bin/true"`,
    ])
  })
})

describe('problems of a recipe', () => {
  it.each([
    ['syntax', '[meta\n', 'peipkg.toml:1: not valid TOML: '],
    ['a key given twice', '[meta]\nlicense = "a"\nlicense = "b"\n', 'peipkg.toml:3: not valid TOML: '],
    ['no meta', HELLO, 'peipkg.toml:1: [meta] needs "build_script"'],
    ['no package', META, 'peipkg.toml:1: the recipe needs at least one [[package]]'],
    ['meta as array', `[[meta]]\n${HELLO}`, 'peipkg.toml:1: [meta] must be a table'],
    ['package as table', `${META}[package]\n`, 'peipkg.toml:3: [package] must be written [[package]]'],
    [
      'unknown key in meta',
      `[meta]\nlicence = "MIT"\nbuild_script = "build.sh"\n${HELLO}`,
      'peipkg.toml:2: unknown key "licence" in [meta] (the nearest known key is "license")',
    ],
    [
      'unknown key in a package',
      `${META}${HELLO}depends = []\n`,
      'peipkg.toml:7: unknown key "depends" in [[package]] "hello" (the nearest known key is "dependencies")',
    ],
    [
      'unknown key in sign',
      `${META}${HELLO}[[sign]]\npath = "a"\nkey = "b"\nkeys = "c"\n`,
      'peipkg.toml:10: unknown key "keys" in [[sign]] (the nearest known key is "key")',
    ],
    [
      'unknown key in a relation',
      `${META}${HELLO}dependencies = [\n  { name = "a" },\n  { name = "b", version = "1" },\n]\n`,
      'peipkg.toml:9: unknown key "version" in dependencies of [[package]] "hello"',
    ],
    [
      'same_build outside dependencies',
      `${META}${HELLO}conflicts = [{ name = "a", same_build = true }]\n`,
      'peipkg.toml:7: unknown key "same_build" in conflicts of [[package]] "hello"',
    ],
    [
      'missing name',
      `${META}[[package]]\narchitecture = "noarch"\nfiles = []\n`,
      'peipkg.toml:3: [[package]] number 1 needs "name"',
    ],
    [
      'missing files',
      `${META}[[package]]\nname = "a1"\narchitecture = "noarch"\n`,
      'peipkg.toml:3: [[package]] "a1" needs "files"',
    ],
    [
      'wrong type',
      `${META}${HELLO}description = 1979-05-27\n`,
      'peipkg.toml:7: "description" in [[package]] "hello" must be a string',
    ],
    [
      'wrong items',
      `${META}${HELLO}side_effects = ["depmod", 1]\n`,
      'peipkg.toml:7: "side_effects" in [[package]] "hello" must be an array of strings',
    ],
    [
      'unknown side effect',
      `${META}${HELLO}side_effects = [\n  "depmod",\n  "mandb",\n]\n`,
      'peipkg.toml:9: side effect "mandb" in [[package]] "hello" is not one of ldconfig, depmod, man-db',
    ],
    [
      'side effect twice',
      `${META}${HELLO}side_effects = ["depmod", "depmod"]\n`,
      'peipkg.toml:7: side effect "depmod" in [[package]] "hello" is there twice',
    ],
    [
      'relation as text',
      `${META}${HELLO}dependencies = ["libc"]\n`,
      'peipkg.toml:7: dependencies of [[package]] "hello" must be a table',
    ],
    ['names twice', META + HELLO + HELLO, 'peipkg.toml:8: [[package]] "hello" is there twice'],
    [
      'same_build of a stranger',
      `${META}${HELLO}dependencies = [{ name = "libc", same_build = true }]\n`,
      'peipkg.toml:7: same_build of "libc" in [[package]] "hello": no other [[package]]',
    ],
    [
      'same_build of itself',
      `${META}${HELLO}dependencies = [{ name = "hello", same_build = true }]\n`,
      'peipkg.toml:7: same_build of "hello" in [[package]] "hello": no other [[package]]',
    ],
    [
      'same_build and constraint',
      `${META}${HELLO}dependencies = [{ name = "b2", same_build = true, constraint = "= 1" }]\n[[package]]\nname = "b2"\narchitecture = "noarch"\nfiles = []\n`,
      'peipkg.toml:7: "b2" in dependencies of [[package]] "hello" has both same_build and constraint',
    ],
    [
      'a descriptor in both forms',
      `${META}${HELLO}sd_overrides = [{ path = "etc/a", sddl = "x", sd = "y" }]\n`,
      'peipkg.toml:7: "etc/a" in sd_overrides of [[package]] "hello" needs either "sddl" or "sd", not both',
    ],
  ])('%s', async (_, text, expected) => {
    const found = await problems(text)
    expect(found).toHaveLength(1)
    expect(found[0]).toContain(expected)
  })

  it('are reported together, by line', async () => {
    const text = `[meta]\nlicence = "x"\n${HELLO}depends = 1\n[[package]]\nname = 7\n`
    expect((await problems(text)).map((line) => line.split(':')[1])).toEqual(['1', '2', '7', '8', '8', '9'])
  })

  it('of foreign sections are not ours', async () => {
    expect(await problems(`${META}${HELLO}[watch]\nx = 1\n[upstream]\ny = 2\n[anything]\nz = 3\n`)).toEqual(
      [],
    )
  })

  it('of bytes that are no text', async () => {
    writeFileSync(join(directory, 'peipkg.toml'), Buffer.from([0x66, 0xff, 0x0a]))
    await expect(readRecipe(directory)).rejects.toThrow('is not valid UTF-8')
  })
})
