/** Foreign JSON, key by key: every value has a type and a bound, what nobody asked for is refused. */
import { Refusal } from './refusal.ts'

export class Fields {
  readonly #values: Readonly<Record<string, unknown>>
  readonly #where: string
  readonly #asked = new Set<string>()

  /** `where`: for messages, as `job` or `file 3`. */
  constructor(value: unknown, where: string) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new Refusal('bad-request', `${where} must be an object`)
    }
    this.#values = value as Readonly<Record<string, unknown>>
    this.#where = where
  }

  has(key: string): boolean {
    this.#asked.add(key)
    return Object.hasOwn(this.#values, key) && this.#values[key] !== undefined
  }

  text(key: string, most: number, pattern?: RegExp): string {
    const value = this.#take(key)
    if (typeof value !== 'string') this.fail(key, 'must be a text')
    if (value.length > most) this.fail(key, `is longer than ${most} characters`)
    if (pattern !== undefined && !pattern.test(value)) this.fail(key, cannotBe(value, pattern))
    return value
  }

  flag(key: string): boolean {
    const value = this.#take(key)
    return typeof value === 'boolean' ? value : this.fail(key, 'must be true or false')
  }

  integer(key: string, least: number, most: number): number {
    const value = this.#take(key)
    if (Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most)
      return value as number
    return this.fail(key, `must be a whole number from ${least} to ${most}`)
  }

  oneOf<Word extends string>(key: string, words: readonly Word[]): Word {
    const value = this.#take(key)
    return words.find((word) => word === value) ?? this.fail(key, `must be one of ${words.join(', ')}`)
  }

  list<T>(key: string, most: number, read: (value: unknown, where: string) => T): readonly T[] {
    const value = this.#take(key)
    if (!Array.isArray(value)) return this.fail(key, 'must be a list')
    if (value.length > most) return this.fail(key, `has more than ${most} entries`)
    return value.map((entry, index) => read(entry, `${this.#where}: ${key} ${index + 1}`))
  }

  texts(key: string, most: number, longest: number, pattern?: RegExp): readonly string[] {
    return this.list(key, most, (value, where) => {
      if (typeof value === 'string' && value.length <= longest && (pattern?.test(value) ?? true)) return value
      throw new Refusal('bad-request', `${where} ${cannotBe(value, pattern)}`)
    })
  }

  /** Names and texts, as of an environment. */
  map(key: string, names: RegExp, most: number, longest: number): Readonly<Record<string, string>> {
    const value = this.#take(key)
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      return this.fail(key, 'must be an object')
    const entries = Object.entries(value)
    if (entries.length > most) this.fail(key, `has more than ${most} entries`)
    for (const [name, text] of entries) {
      if (!names.test(name)) this.fail(key, `has a name that ${cannotBe(name, names)}`)
      if (typeof text !== 'string' || text.length > longest || text.includes('\0')) {
        this.fail(key, `must have a text of at most ${longest} characters as ${name}`)
      }
    }
    return Object.fromEntries(entries) as Readonly<Record<string, string>>
  }

  object(key: string): Fields {
    return new Fields(this.#take(key), `${this.#where}: ${key}`)
  }

  /** Refuses what was not asked for. */
  finish(): void {
    const unknown = Object.keys(this.#values).find((key) => !this.#asked.has(key))
    if (unknown !== undefined)
      throw new Refusal('bad-request', `${this.#where} has an unknown key "${unknown}"`)
  }

  fail(key: string, message: string): never {
    throw new Refusal('bad-request', `${this.#where}: "${key}" ${message}`)
  }

  #take(key: string): unknown {
    if (!this.has(key)) this.fail(key, 'is missing')
    return this.#values[key]
  }
}

/** Says what is allowed too: the expression itself is shorter than words for it, and never out of date. */
function cannotBe(value: unknown, pattern?: RegExp): string {
  const wanted = pattern === undefined ? '' : ` (it is ${pattern.source.replace(/^\^|\$$/g, '')})`
  return `cannot be ${JSON.stringify(value)?.slice(0, 100)}${wanted}`
}
