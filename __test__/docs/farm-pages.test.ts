/** What the pages about the farm list is all that there is. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { parseManagerConfiguration } from '../../ts/config/manager-configuration.ts'
import { createMetrics } from '../../ts/manager/http/metrics.ts'
import { createWebhookCounts } from '../../ts/manager/http/webhook-counts.ts'
import { readSections } from '../../ts/manager/recipe-sections.ts'
import { idle } from '../manager/http/world.ts'
import { readPage } from './page.ts'
import { readRules } from './prometheus.ts'

const project = fileURLToPath(new URL('../..', import.meta.url))
const read = (path: string): string => readFileSync(join(project, path), 'utf8')

const blocks = readPage(read('docs/farm/configuration.md')).flatMap((part) =>
  part.kind === 'block' && part.language === 'toml' ? [part.lines.join('\n')] : [],
)
const [configuration = '', recipe = ''] = blocks
const uncommented = (toml: string) => toml.replaceAll(/^#(?=[a-z_]+ = )/gm, '')

/** `[table] key` of every line. */
function keysIn(toml: string): readonly string[] {
  let table = ''
  return toml.split('\n').flatMap((line) => {
    const [, opened] = /^\[+([a-z_]+)\]+/.exec(line) ?? []
    if (opened !== undefined) table = opened
    const [, key] = /^([a-z_]+) =/.exec(line) ?? []
    return key === undefined ? [] : [`${table}.${key}`]
  })
}

/** The same of the tables in a source that list known keys with their kinds. */
function keysOf(source: string): readonly string[] {
  const tables = read(source).matchAll(/^ {2}(\w+): \{([^}]*)\},$/gm)
  return [...tables].flatMap(([, table, keys = '']) =>
    [...keys.matchAll(/(\w+): '\w+'/g)].map(([, key]) => `${table}.${key}`),
  )
}

test('every key of the configuration is shown, the optional ones with what holds without them', async () => {
  const shown = keysIn(uncommented(configuration))
  expect([...shown].sort()).toEqual([...keysOf('ts/config/manager-decode.ts')].sort())
  const asShown = await parseManagerConfiguration('c', Buffer.from(configuration))
  const withDefaults = uncommented(configuration).replace('command = []', 'command = []')
  expect(await parseManagerConfiguration('c', Buffer.from(withDefaults))).toEqual(asShown)
})

test('every key of a recipe that the manager owns is shown', () => {
  const all = uncommented(recipe)
  expect([...keysIn(all)].sort()).toEqual([...keysOf('ts/manager/recipe-sections.ts')].sort())
  const { recipe: shown, problems } = readSections('hello', 'p', all)
  expect(problems).toEqual([])
  expect(shown.pattern?.capture('v1.2.3')).toBe('1.2.3')
  expect(shown).toMatchObject({ peiosRevision: 1, minVersion: '', submodules: false, githubWebhook: false })
})

test('the patterns of the page capture what it says', () => {
  const rows = read('docs/farm/configuration.md').matchAll(/^\| `([^`]+)` \| `(\^[^`]+)` \| `([^`]+)` \|$/gm)
  const captured = [...rows].map(([, tag = '', pattern = '', version]) => {
    const toml = `[upstream]\ngit = "x"\ntag_pattern = '${pattern}'`
    return [readSections('r', 'p', toml).recipe.pattern?.capture(tag), version]
  })
  expect(captured).toHaveLength(3)
  for (const [found, said] of captured) expect(found).toBe(said)
})

const rules = readRules(read('packaging/prometheus/peipkg-manager.rules.yml'))
const page = read('docs/farm/monitoring.md')

test('the alerts parse, and measure what is exported', async () => {
  const exported = await createMetrics(() => idle, createWebhookCounts()).text()
  const names = new Set([...exported.matchAll(/^# TYPE (\w+)/gm)].map(([, name]) => name))
  expect(rules.length).toBeGreaterThan(5)
  for (const { alert, expr, for: wait, severity, summary, description } of rules) {
    const used = [...expr.matchAll(/\bpeipkg_manager_\w+/g)].map(([name]) => name)
    if (alert !== 'PeipkgManagerDown') expect(used, alert).not.toEqual([])
    for (const name of used) expect(names, alert).toContain(name)
    expect(
      expr.replaceAll(/[^()[\]{}]/g, '').replace(/^(?:\(\)|\(\[\]\)|\(\{\}\[\]\)|\{\})+$/, ''),
      expr,
    ).toBe('')
    if (wait !== undefined) expect(wait).toMatch(/^\d+[smhd]$/)
    expect(['warning', 'critical']).toContain(severity)
    expect([summary, description].every((text) => text !== '')).toBe(true)
  }
})

test('every alert and every metric is explained', async () => {
  for (const { alert } of rules) expect(page).toContain(`| \`${alert}\` |`)
  const exported = await createMetrics(() => idle, createWebhookCounts()).text()
  for (const [, name = ''] of exported.matchAll(/^# TYPE (peipkg_\w+)/gm)) {
    const short = name.replace(/^peipkg_manager_(builds|last_poll)_/, '…_')
    expect(
      [name, short, name.replace('builds_', '…_'), name.replace('peipkg_manager', '…')].some((text) =>
        page.includes(text),
      ),
      name,
    ).toBe(true)
  }
})
