/** Recipes: a first one, and what is wrong with others. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { identity, writeRecipe } from '../../recipes.ts'
import { schemaProblems } from '../peipkg/json-schema.ts'
import { type Scratch, scratch } from './scratch.ts'

let s: Scratch

beforeEach(() => {
  s = scratch()
})

afterEach(() => s.remove())

describe('init', () => {
  it('writes a recipe that has nothing against it and builds at once', async () => {
    expect(await s.ok(['init', 'hello'])).toBe(
      `${join(s.directory, 'hello/peipkg.toml')}\n${join(s.directory, 'hello/build.sh')}\n`,
    )
    expect(await s.ok(['lint', 'hello'])).toBe('0 errors, 0 warnings\n')
    const [path = ''] = await s.build(['--recipe', 'hello', '--source', 'hello'])
    expect(await s.ok(['inspect', '--files', path])).toContain('usr/share/doc/hello/README\n')
  })

  it.each(['libstdc++', 'a.b-c', 'x1'])('of %s is fine too', async (name) => {
    await s.ok(['init', name, '--out', 'recipes/here'])
    expect(await s.ok(['lint', 'recipes/here'])).toBe('0 errors, 0 warnings\n')
  })

  it.each([
    [['init', 'Hello'], 1, 'Hello'],
    [['init', '../x'], 1, '../x'],
    [['init'], 1, 'an argument is missing'],
    [['init', 'full'], 1, 'is not empty'],
    [['init', 'file'], 1, 'file'],
    [['init', 'a1', 'b1'], 2, 'unexpected argument "b1"'],
  ])('%j ends with %i and changes nothing', async (args, code, text) => {
    mkdirSync(s.path('full'))
    writeFileSync(s.path('full/x'), 'mine')
    writeFileSync(s.path('file'), 'mine')
    const before = readdirSync(s.directory, { recursive: true })
    const ended = await s.run(args)
    expect(ended).toMatchObject({ code, stdout: '', stderr: expect.stringContaining(text) })
    expect(readdirSync(s.directory, { recursive: true })).toEqual(before)
  })
})

/** The lines that `lint` prints, without the directory. */
async function lint(): Promise<{ readonly code: number | null; readonly lines: readonly string[] }> {
  const { code, stdout, stderr } = await s.run(['lint', 'recipe'])
  expect(stderr).toBe('')
  expect(s.leftovers()).toEqual([])
  return {
    code,
    lines: stdout
      .replaceAll(`${s.path('recipe')}/`, '')
      .trimEnd()
      .split('\n'),
  }
}

function write(toml: string, script = 'true'): void {
  mkdirSync(s.path('recipe'), { recursive: true })
  writeFileSync(s.path('recipe/peipkg.toml'), toml)
  writeFileSync(s.path('recipe/build.sh'), `${script}\n`)
}

const META = '[meta]\nbuild_script = "build.sh"\nlicense = "MIT"\n'
const SOME = `${META}[[package]]\nname = "some"\narchitecture = "noarch"\ndescription = "Some"\nfiles = ["usr/**"]\n`

describe('lint', () => {
  it('warns about what the author may want to change, by file and line', async () => {
    write(`[meta]
build_script = "build.sh"

[[package]]
name = "tool"
architecture = "x86_64"
files = ["usr/bin/*", "/usr/share/x", "sbin/**", "var/lib/tool/**"]
description = "${'long '.repeat(17)}"

[[package]]
name = "tool-data"
architecture = "noarch"
description = "Daten für tool"
files = ["usr/lib/x86_64-linux-peios/*", "usr/share/**"]
dependencies = [
  { name = "libelse" },
  { name = "tool" },
]

[[pakage]]
name = "lost"

[upstream]
git = "https://example.org/tool.git"
tag_pattern = '^v\\d+$'
`)
    const { code, lines } = await lint()
    expect(code).toBe(0)
    expect(lines).toMatchInlineSnapshot(`
      [
        "warning: peipkg.toml:1: no "license" in [meta] (an SPDX expression)",
        "warning: peipkg.toml:7: [[package]] "tool": pattern "/usr/share/x" can match nothing that a package for x86_64 may hold (patterns are relative to $DESTDIR: leave out the first "/")",
        "warning: peipkg.toml:7: [[package]] "tool": pattern "sbin/**" can match nothing that a package for x86_64 may hold",
        "warning: peipkg.toml:7: [[package]] "tool": pattern "var/lib/tool/**" can match nothing that a package for x86_64 may hold (in var, only directories: a pattern for one ends in "/")",
        "warning: peipkg.toml:8: [[package]] "tool": the description has 85 characters: more than 80",
        "warning: peipkg.toml:13: [[package]] "tool-data": the description is not plain ASCII",
        "warning: peipkg.toml:14: [[package]] "tool-data": pattern "usr/lib/x86_64-linux-peios/*" can match nothing that a package for noarch may hold",
        "warning: peipkg.toml:17: [[package]] "tool-data": noarch, but it depends on "tool", which is for x86_64 only",
        "warning: peipkg.toml:20: section "pakage" belongs to nobody (did you mean "package"?)",
        "warning: peipkg.toml:25: tag_pattern "^v\\d+$" must have at least one capture group (the version string)",
        "0 errors, 10 warnings",
      ]
    `)
  })

  it.each([
    ["tag_pattern = '(?=x)(.)'", 'tag_pattern'],
    ['tag_pattern = 3', '"tag_pattern" in [upstream] must be a string'],
    ['git = "x"', 'no "tag_pattern" in [upstream]: no tag will be built'],
  ])('%s of the build farm is warned about', async (line, text) => {
    write(`${SOME}[upstream]\n${line}\n`)
    const { code, lines } = await lint()
    expect({ code, last: lines.at(-1) }).toEqual({ code: 0, last: '0 errors, 1 warning' })
    expect(lines[0]).toMatch(/^warning: peipkg\.toml:(9|10): /)
    expect(lines[0]).toContain(text)
  })

  it('finds what sh does not understand, without running anything', async () => {
    const script = [
      '#!/bin/bash',
      'set -eu',
      ': > ran',
      '# [[ in a comment',
      `awk '[[ a ]]' x`,
      'if [[ -f x ]]; then source y; fi',
      'function f { :; }',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: a shell's expansion
      'cat <<< "${a//b/c}" &> log',
      '[ "$a" == b ]',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: a shell's expansion
      'x="${a:-3}" y="${a%/*}" z="$(printf %s "$a")"; [ "$x" = y ] || echo "$z"',
    ]
    write(SOME, script.join('\n'))
    const { code, lines } = await lint()
    expect(code).toBe(0)
    expect(lines.filter((line) => !line.includes('sh -n:'))).toMatchInlineSnapshot(`
      [
        "warning: build.sh:1: the script asks for bash, but it is run by sh",
        "warning: build.sh:6: sh may not know "[[ … ]]" (write "[ … ]")",
        "warning: build.sh:6: sh may not know "source" (write ".")",
        "warning: build.sh:7: sh may not know "function name" (write "name()")",
        "warning: build.sh:8: sh may not know "<<<" (write printf … |)",
        "warning: build.sh:8: sh may not know "&>" (write ">file 2>&1")",
        "warning: build.sh:8: sh may not know an expansion that POSIX does not have",
        "warning: build.sh:9: sh may not know "==" in "[ … ]" (write "=")",
        "0 errors, 9 warnings",
      ]
    `)
    expect(existsSync(s.path('ran'))).toBe(false)
    write(SOME, 'if true; then')
    expect((await lint()).lines[0]).toMatch(/^warning: build\.sh:[23]: sh -n: .*end of file/)
  })

  it('finds all errors of a build that need none, and a build finds the same', async () => {
    const recipe = writeRecipe(
      s.directory,
      `[[package]]
name = "First"
architecture = "noarch"
description = "x"
dependencies = [
  { name = "x1", constraint = ">> 1" },
  { name = "y1" },
  { name = "y1" },
]
conflicts = [{ name = "Z", arch = "x86_64" }]
provides = [{ name = "p1", version = "one" }]
sd_overrides = [{ path = "etc/x", sddl = "?" }]
files = ["usr/[a"]
`,
    )
    const { code, lines } = await lint()
    expect(code).toBe(1)
    expect(lines).toMatchInlineSnapshot(`
      [
        "error: peipkg.toml:6: [[package]] "First": manifest: name: package name "First" is invalid: only a-z 0-9 - . + are allowed",
        "error: peipkg.toml:10: [[package]] "First": dependencies: constraint ">> 1" is invalid: the upstream part must start with a letter or digit and hold only a-z A-Z 0-9 . + - ~",
        "error: peipkg.toml:12: [[package]] "First": dependencies: two entries for the name "y1"",
        "error: peipkg.toml:14: [[package]] "First": conflicts: package name "Z" is invalid: it must have 2 to 64 characters",
        "error: peipkg.toml:14: [[package]] "First": conflicts: arch of "Z" can only be "any", not "x86_64"",
        "error: peipkg.toml:15: [[package]] "First": provides: version "one" is invalid: it must end in -<revision>",
        "error: peipkg.toml:16: [[package]] "First": sd_overrides of etc/x: invalid SDDL: O:, G:, D: or S: is expected: "?"",
        "error: peipkg.toml:17: [[package]] "First": malformed pattern "usr/[a": a "[" is not closed",
        "8 errors, 0 warnings",
      ]
    `)
    const ended = await s.run(['build', '--out', s.out, ...recipe, ...identity('1-1')])
    const said = ended.stderr
      .replaceAll(`${s.path('recipe')}/`, '')
      .trimEnd()
      .split('\n')
    expect(said.slice(0, -1).map((line) => line.replace('peipkg-build: ', 'error: '))).toEqual(
      lines.slice(0, -1),
    )
  })

  it('reads recipes that cannot be read as far as it can', async () => {
    write(SOME.replace('architecture', 'architektur').replace('license', 'licence'))
    expect(await lint()).toEqual({
      code: 1,
      lines: [
        'error: peipkg.toml:3: unknown key "licence" in [meta] (the nearest known key is "license")',
        'error: peipkg.toml:4: [[package]] "some" needs "architecture"',
        'error: peipkg.toml:6: unknown key "architektur" in [[package]] "some" (the nearest known key is "architecture")',
        '3 errors, 0 warnings',
      ],
    })
    write('[meta\n')
    expect((await lint()).lines[0]).toMatch(/^error: peipkg\.toml:1: not valid TOML/)
    const ended = await s.run(['lint', 'nowhere'])
    expect(ended).toMatchObject({ code: 1, stdout: expect.stringContaining('is not a recipe directory') })
    expect((await s.run(['lint'])).code).toBe(1)
    expect((await s.run(['lint', 'a', 'b'])).code).toBe(2)
  })

  it('is one document with --json', async () => {
    write(SOME.replace('description = "Some"\n', ''))
    const { code, stdout } = await s.run(['lint', 'recipe/peipkg.toml', '--json'])
    expect(code).toBe(0)
    expect(schemaProblems('lint', JSON.parse(stdout))).toEqual([])
    expect(JSON.parse(stdout)).toEqual({
      errors: [],
      warnings: [`${s.path('recipe/peipkg.toml')}:4: [[package]] "some": no "description"`],
    })
    expect(readFileSync(s.path('recipe/build.sh'), 'utf8')).toBe('true\n')
  })
})
