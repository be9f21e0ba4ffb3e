/** Typed reading of parsed TOML tables: every mismatch becomes a problem, and reading goes on. */
import { closest } from '../config/nearest.ts'
import { isTomlTable } from '../config/toml-value.ts'
import type { KeyPath, Problem } from './problem.ts'

/** A table of the recipe: its values, where it stands, and how messages call it. */
export interface Table {
  readonly values: Readonly<Record<string, unknown>>
  readonly path: KeyPath
  readonly title: string
  readonly problems: Problem[]
}

/** Opens `value` as a table whose keys are all known; undefined, with a problem noted, when it is none. */
export function openTable(
  value: unknown,
  path: KeyPath,
  title: string,
  known: readonly string[],
  problems: Problem[],
): Table | undefined {
  if (!isTomlTable(value)) {
    problems.push({ path, message: `${title} must be a table` })
    return undefined
  }
  for (const key of Object.keys(value)) {
    if (known.includes(key)) continue
    const suggestion = closest(key, known)
    problems.push({
      path: [...path, key],
      message: `unknown key "${key}" in ${title} (the nearest known key is "${suggestion}")`,
    })
  }
  return { values: value, path, title, problems }
}

export function optionalText(table: Table, key: string): string | undefined {
  const value = table.values[key]
  if (value === undefined || typeof value === 'string') return value
  wrongType(table, key, 'a string')
  return undefined
}

export function requiredText(table: Table, key: string): string {
  const value = optionalText(table, key)
  if (value !== undefined) return value
  if (table.values[key] === undefined) missing(table, key)
  return ''
}

export function optionalFlag(table: Table, key: string): boolean {
  const value = table.values[key]
  if (value === undefined || typeof value === 'boolean') return value ?? false
  wrongType(table, key, 'true or false')
  return false
}

export function optionalTexts(table: Table, key: string): readonly string[] {
  const value = table.values[key]
  if (value === undefined) return []
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value
  wrongType(table, key, 'an array of strings')
  return []
}

export function requiredTexts(table: Table, key: string): readonly string[] {
  if (table.values[key] === undefined) missing(table, key)
  return optionalTexts(table, key)
}

/** Opens every entry of an array of tables; an absent array is empty. */
export function openTables(table: Table, key: string, known: readonly string[]): readonly Table[] {
  const value = table.values[key]
  if (value === undefined) return []
  if (!Array.isArray(value)) {
    wrongType(table, key, 'an array of tables')
    return []
  }
  return value.flatMap((entry, index) => {
    const title = `${key} of ${table.title}`
    return openTable(entry, [...table.path, key, index], title, known, table.problems) ?? []
  })
}

function missing(table: Table, key: string): void {
  table.problems.push({ path: table.path, message: `${table.title} needs "${key}"` })
}

function wrongType(table: Table, key: string, expected: string): void {
  table.problems.push({
    path: [...table.path, key],
    message: `"${key}" in ${table.title} must be ${expected}`,
  })
}
