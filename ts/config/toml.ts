/** Reads TOML tables strictly: every key has a type, unknown keys are refused, and an error names key, file and line. */
import { parse, TomlError } from 'smol-toml'
import { PeiError } from '../native/errors.ts'
import type { KeyPath } from './locate.ts'
import { nearest } from './nearest.ts'
import { isTomlTable, type TomlValues, tomlReason } from './toml-value.ts'

type Value = unknown

/** A rule that a value broke; `readToml` adds the file and the line. */
class TomlProblem extends Error {
  readonly path: KeyPath

  constructor(path: KeyPath, message: string) {
    super(message)
    this.path = path
  }
}

/**
 * Parses `text` and hands its top table to `read`; every key that `read` did not ask for is refused, unless `read` said
 * `ignoreUnknown`. Throws PEI_CONFIG_INVALID: `FILE:LINE: what is wrong`.
 */
export async function readToml<T>(file: string, text: string, read: (table: TomlTable) => T): Promise<T> {
  try {
    const table = new TomlTable(parse(text), [])
    const result = read(table)
    table.finish()
    return result
  } catch (error) {
    if (error instanceof TomlError) {
      throw invalid(`${file}:${error.line}: ${tomlReason(error)}`, error)
    }
    if (!(error instanceof TomlProblem)) throw error
    const { locate } = await import('./locate.ts')
    const [line] = locate(text, [error.path])
    throw invalid(`${file}:${line}: ${error.message}`, error)
  }
}

function invalid(message: string, cause: unknown): PeiError {
  return new PeiError('PEI_CONFIG_INVALID', message, { cause })
}

/** One table, read key by key. A getter without default makes its key required. */
export class TomlTable {
  readonly path: KeyPath
  readonly #values: TomlValues
  readonly #asked = new Set<string>()
  readonly #tables: TomlTable[] = []
  #strict = true

  constructor(values: TomlValues, path: KeyPath) {
    this.#values = values
    this.path = path
  }

  has(key: string): boolean {
    this.#asked.add(key)
    return Object.hasOwn(this.#values, key)
  }

  isString(key: string): boolean {
    return isString(this.#values[key])
  }

  keys(): readonly string[] {
    return Object.keys(this.#values)
  }

  string(key: string, fallback?: string): string {
    return this.#read(key, 'a string', fallback, isString)
  }

  boolean(key: string, fallback?: boolean): boolean {
    return this.#read(key, 'true or false', fallback, (value) => typeof value === 'boolean')
  }

  /** An integer between `least` and `most`, both included. */
  integer(key: string, least: number, most: number, fallback?: number): number {
    const value = this.#read(key, 'an integer', fallback, (found): found is number =>
      Number.isSafeInteger(found),
    )
    if (value < least || value > most) this.fail(key, `must be between ${least} and ${most}, not ${value}`)
    return value
  }

  oneOf<Word extends string>(key: string, words: readonly Word[], fallback?: Word): Word {
    const value = this.string(key, fallback)
    const word = words.find((known) => known === value)
    const list = words.map((known) => `"${known}"`).join(' or ')
    return word ?? this.fail(key, `must be ${list}, not "${value}"`)
  }

  strings(key: string, fallback?: readonly string[]): readonly string[] {
    const isList = (value: Value): value is string[] => Array.isArray(value) && value.every(isString)
    return this.#read(key, 'a list of strings', fallback, isList)
  }

  /** A table below this one; an absent one is empty. */
  table(key: string): TomlTable {
    return this.#child(this.#read(key, 'a table', {}, isTomlTable), [...this.path, key])
  }

  /** An array of tables; absent is empty. */
  tables(key: string): readonly TomlTable[] {
    const isList = (value: Value): value is TomlValues[] => Array.isArray(value) && value.every(isTomlTable)
    const found = this.#read(key, 'a list of tables', [], isList)
    return found.map((values, index) => this.#child(values, [...this.path, key, index]))
  }

  /** For tables that other programs own: keys that nobody asked for are no error. */
  ignoreUnknown(): void {
    this.#strict = false
  }

  /** Ends the reading with an error about one key. */
  fail(key: string, message: string): never {
    throw new TomlProblem([...this.path, key], `"${key}" ${message}`)
  }

  /** Refuses what was not asked for, here and in the tables below. */
  finish(): void {
    for (const key of this.#strict ? this.keys() : []) {
      if (this.#asked.has(key)) continue
      const near = nearest(key, this.#asked)
      const hint = near === undefined ? '' : ` (the nearest known key is "${near}")`
      throw new TomlProblem([...this.path, key], `unknown key "${key}"${this.#where()}${hint}`)
    }
    for (const table of this.#tables) table.finish()
  }

  #read<T>(key: string, what: string, fallback: T | undefined, is: (value: Value) => value is T): T {
    if (!this.has(key)) {
      if (fallback !== undefined) return fallback
      throw new TomlProblem(this.path, `"${key}" is missing${this.#where()}`)
    }
    const value = this.#values[key]
    return is(value) ? value : this.fail(key, `must be ${what}`)
  }

  #child(values: TomlValues, path: KeyPath): TomlTable {
    const table = new TomlTable(values, path)
    this.#tables.push(table)
    return table
  }

  #where(): string {
    const names = this.path.filter(isString)
    return names.length === 0 ? '' : ` in [${names.join('.')}]`
  }
}

const isString = (value: Value): value is string => typeof value === 'string'
