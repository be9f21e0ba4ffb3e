/** What the guide lists is all that there is. */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { parseRepositoryFile, repositoryDefaults } from '../../ts/config/repository-file.ts'
import { defaultSettings, parseSettings } from '../../ts/config/settings.ts'
import { nativeCodes, ownCodes } from '../../ts/native/codes.ts'
import { readPage } from './page.ts'

const project = fileURLToPath(new URL('../..', import.meta.url))
const guide = join(project, 'docs/guide')
const page = (name: string): string => readFileSync(join(guide, name), 'utf8')

/** The file of the configuration page whose first line is `# path`. */
function fileOf(path: string): string {
  const blocks = readPage(page('configuration.md')).filter(({ kind }) => kind === 'block')
  const found = blocks.find((part) => part.kind === 'block' && part.lines[0] === `# ${path}`)
  if (found?.kind !== 'block') throw new Error(`configuration.md has no ${path}`)
  return found.lines.join('\n')
}

/** The keys that a parser asks for: each is named in a call such as `table.integer('priority', …)`. */
function keysOf(source: string): readonly string[] {
  const text = readFileSync(join(project, 'ts/config', source), 'utf8')
  const calls = text.matchAll(
    /(?:\.(?:string|strings|integer|boolean|oneOf|table)\(|\w+\((?:table|\w+), )'([a-z_]+)'/g,
  )
  return [...new Set([...calls].map(([, key = '']) => key))].sort()
}

const keysIn = (toml: string): readonly string[] =>
  [
    ...new Set(
      [...toml.matchAll(/^(?:\[([a-z_]+)\]|([a-z_]+) =)/gm)].map(([, table, key]) => table ?? key ?? ''),
    ),
  ].sort()

test('every error code is explained once, in order within its section', () => {
  const sections = page('error-codes.md').split('\n## ')
  const codes = sections.map((section) =>
    [...section.matchAll(/^\| `(PEI_\w+)`/gm)].map(([, code = '']) => code),
  )
  for (const section of codes) expect(section).toEqual([...section].sort())
  expect(codes.flat().sort()).toEqual([...nativeCodes, ...ownCodes].sort())
})

test('every key of peipkg.toml is shown with its default', async () => {
  const toml = fileOf('/conf/peipkg/peipkg.toml')
  expect(await parseSettings('', toml)).toEqual(await defaultSettings())
  expect(keysIn(toml)).toEqual(keysOf('settings.ts'))
})

test('every key of a .repo file is shown, with its default where it has one', async () => {
  const toml = fileOf('/conf/peipkg/example.repo')
  const { mirrors, credentialsFile, ...shown } = await parseRepositoryFile('example', '', toml)
  const { mirrors: _, credentialsFile: __, ...defaults } = repositoryDefaults
  expect(mirrors).toHaveLength(1)
  expect(credentialsFile).toBe('example.netrc')
  expect(shown).toMatchObject(defaults)
  expect(keysIn(toml)).toEqual(keysOf('repository-file.ts'))
})

test('links within the documents lead somewhere', () => {
  const documents = [
    ...['docs/guide', 'docs/farm'].flatMap((directory) =>
      readdirSync(join(project, directory)).map((name) => `${directory}/${name}`),
    ),
    'README.md',
    'ARCHITECTURE.md',
    'CONTRIBUTING.md',
  ]
  const broken = documents.flatMap((document) => {
    const links = [...readFileSync(join(project, document), 'utf8').matchAll(/\]\((?!https?:)([^)]+)\)/g)]
    return links.flatMap(([, link = '']) => (leads(document, link) ? [] : [`${document}: ${link}`]))
  })
  expect(broken).toEqual([])
})

function leads(from: string, link: string): boolean {
  const [path = '', anchor] = link.split('#')
  const target = path === '' ? join(project, from) : join(project, dirname(from), path)
  try {
    if (anchor === undefined) return readdirSync(dirname(target)).includes(target.split('/').at(-1) ?? '')
    const headings = [...readFileSync(target, 'utf8').matchAll(/^#+ (.*)$/gm)].map(([, title = '']) => title)
    return headings.some((title) => slug(title) === anchor)
  } catch {
    return false
  }
}

/** A heading's anchor, as forges make it. */
function slug(title: string): string {
  return title
    .toLowerCase()
    .replace(/[^\w\- ]/g, '')
    .replaceAll(' ', '-')
}
