import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { readSections } from '../../ts/manager/recipe-sections.ts'
import { loadRoster } from '../../ts/manager/roster.ts'
import { hostileText } from '../hostile-text.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'peipkg-test-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

function recipe(id: string, text: string): void {
  mkdirSync(join(directory, id))
  writeFileSync(join(directory, id, 'peipkg.toml'), text)
}

const upstream = '[upstream]\ngit = "https://example.org/x"\ntag_pattern = "^v(.+)$"\n'

test('directories with a recipe, by the bytes of their names; everything else is passed over', () => {
  recipe('zlib', '')
  recipe('Musl', '')
  recipe('été', '')
  mkdirSync(join(directory, 'stray'))
  writeFileSync(join(directory, 'file'), '')
  symlinkSync(join(directory, 'zlib'), join(directory, 'link'))
  const { recipes, problems } = loadRoster(directory)
  expect(recipes.map(({ id }) => id)).toEqual(['Musl', 'zlib', 'été'])
  expect(recipes[1]?.path).toBe(join(directory, 'zlib', 'peipkg.toml'))
  expect(problems.size).toBe(0)
})

test('both sections are read; the others belong to peipkg-build', () => {
  recipe(
    'hello',
    `${upstream}peios_revision = 3\nsubmodules = true\nmin_version = "1.2"
    [watch]\ngithub_webhook = true\npoll_interval = "6h"
    [meta]\nwhatever = 1
    [[package]]\nname = "hello"\narchitecture = "x86_64"\nfiles = []
    [[package]]\nname = "hello-doc"\narchitecture = "noarch"`,
  )
  const [read] = loadRoster(directory).recipes
  expect(read).toMatchObject({
    git: 'https://example.org/x',
    tagPattern: '^v(.+)$',
    peiosRevision: 3,
    submodules: true,
    minVersion: '1.2',
    githubWebhook: true,
    pollInterval: 6 * 3_600_000,
    packages: [
      { name: 'hello', architecture: 'x86_64' },
      { name: 'hello-doc', architecture: 'noarch' },
    ],
  })
  expect(read?.pattern?.capture('v1.10')).toBe('1.10')
  expect(read?.pattern?.capture('1.10')).toBeUndefined()
})

test.each([
  ['', 'no upstream'],
  ['[upstream]\ngit = "https://example.org/x"', 'no pattern'],
  ['[upstream]\ntag_pattern = "v(.+)"', 'no git'],
  ['[upstream]\ntag_pattern = "v("', 'a bad pattern that nobody would use'],
])('%j is loaded and not watched: %s', (text) => {
  recipe('x', text)
  const { recipes, problems } = loadRoster(directory)
  expect(recipes).toHaveLength(1)
  expect(recipes[0]?.pattern).toBeUndefined()
  expect(recipes[0]).toMatchObject({
    peiosRevision: 1,
    submodules: false,
    githubWebhook: false,
    packages: [],
  })
  expect(problems.size).toBe(0)
})

test('whatever is done to a recipe, it is read, listed with its problems, or stops the whole with a reason', () => {
  const text = `${upstream}peios_revision = 3\n[watch]\npoll_interval = "6h"\n[[package]]\nname = "x"\n`
  const change = fc.tuple(fc.nat(text.length), fc.nat(12), hostileText(4))
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
      let mutated = text
      for (const [at, drop, put] of changes) mutated = mutated.slice(0, at) + put + mutated.slice(at + drop)
      try {
        const { recipe: read, problems } = readSections('x', '/x/peipkg.toml', mutated)
        if (problems.length > 0) expect(read.pattern).toBeUndefined()
      } catch (error) {
        expect(error).toMatchObject({ code: 'PEI_RECIPE_INVALID' })
      }
    }),
    { numRuns: 200 },
  )
})

test('a revision below 1 is 1; packages that cannot be told are none', () => {
  recipe(
    'x',
    '[upstream]\npeios_revision = -4\n[[package]]\nname = "a"\narchitecture = "noarch"\n[[package]]\nname = 5',
  )
  expect(loadRoster(directory).recipes[0]).toMatchObject({ peiosRevision: 1, packages: [] })
})

describe('a broken rule keeps one recipe from being watched, and is told with its line', () => {
  test.each([
    [upstream.replace('(.+)', '(.+'), 3, /^recipe x: invalid tag_pattern "\^v\(\.\+\$": /],
    [upstream.replace('(.+)', '.+'), 3, /must have at least one capture group \(the version string\)/],
    [upstream.replace('(.+)', '(?=a)(.+)'), 3, /look-around/],
    [`${upstream}[watch]\npoll_interval = "0s"`, 5, /poll_interval 0s is less than the 1-minute minimum/],
    [`${upstream}[watch]\npoll_interval = "-1h"`, 5, /poll_interval -1h0m0s is less than/],
    [
      `${upstream}[watch]\npoll_intervall = "1h"`,
      5,
      /unknown key "poll_intervall" in \[watch\] \(the nearest known key is "poll_interval"\)/,
    ],
    [`${upstream}branch = "main"`, 4, /unknown key "branch" in \[upstream\]/],
    [upstream.replace('https:', '--upload-pack=touch x;'), 2, /begins with a dash/],
    [upstream.replace('https://', 'ext::sh -c '), 2, /transport helper/],
    [upstream.replace('https://', '\\n'), 2, /control character/],
  ])('%#', (text, line, message) => {
    recipe('x', text)
    recipe('y', upstream)
    const { recipes, problems } = loadRoster(directory)
    expect(recipes.map(({ pattern }) => pattern !== undefined)).toEqual([false, true])
    expect([...problems.keys()]).toEqual(['x'])
    expect(problems.get('x')).toMatch(message)
    expect(problems.get('x')).toContain(`(${join(directory, 'x', 'peipkg.toml')}:${line})`)
  })

  test('all of them together', () => {
    recipe('x', `${upstream.replace('(.+)', '')}branch = "b"\n[watch]\nwebhook = true`)
    expect(loadRoster(directory).problems.get('x')?.split('; ')).toHaveLength(3)
  })
})

describe('what cannot be read stops the whole', () => {
  test.each([
    ['[upstream', 'PEI_RECIPE_INVALID', /peipkg\.toml:1: not valid TOML/],
    ['\n[upstream]\ngit = 5', 'PEI_RECIPE_INVALID', /peipkg\.toml:3: "git" in \[upstream\] must be a string/],
    ['upstream = 5', 'PEI_RECIPE_INVALID', /peipkg\.toml:1: \[upstream\] must be a table/],
    ['[watch]\ngithub_webhook = "yes"', 'PEI_RECIPE_INVALID', /must be true or false/],
    ['[watch]\npoll_interval = 5', 'PEI_RECIPE_INVALID', /must be a duration in quotes/],
    ['[watch]\npoll_interval = "1d"', 'PEI_RECIPE_INVALID', /is no duration: time: unknown unit "d"/],
    ['[upstream]\npeios_revision = 1.5', 'PEI_RECIPE_INVALID', /must be an integer/],
    ['a = "\xff"', 'PEI_RECIPE_INVALID', /not valid UTF-8/],
  ])('%#', (text, code, message) => {
    recipe('good', upstream)
    mkdirSync(join(directory, 'x'))
    writeFileSync(join(directory, 'x', 'peipkg.toml'), text, 'latin1')
    expect(() => loadRoster(directory)).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(message) }),
    )
  })

  test('a directory in the place of the file, and a recipes_dir that is not there', () => {
    mkdirSync(join(directory, 'x', 'peipkg.toml'), { recursive: true })
    expect(() => loadRoster(directory)).toThrow(/cannot read .*: not a regular file/)
    expect(() => loadRoster(join(directory, 'none'))).toThrow(/cannot list .*none: no such file or directory/)
  })
})
