/** Checks documents against docs/schemas: the keywords that they use, and no others. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'

interface Schema {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly Schema[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly items?: Schema
  /** False: none but `properties`. A schema: of every other member, whatever its name. */
  readonly additionalProperties?: false | Schema
}

const directory = new URL('../../../docs/schemas/', import.meta.url)
const suffix = '.schema.json'

/** Keywords that are checked, and those that only describe. */
const keywords = ['$ref', 'type', 'enum', 'anyOf', 'properties', 'required', 'items', 'additionalProperties']
const annotations = ['$schema', 'title', 'description', 'format']

export const schemaNames: readonly string[] = readdirSync(directory)
  .filter((file) => file.endsWith(suffix))
  .map((file) => file.slice(0, -suffix.length))

export const hasSchema = (name: string): boolean => existsSync(new URL(name + suffix, directory))

export function readSchema(name: string): Schema {
  return JSON.parse(readFileSync(new URL(name + suffix, directory), 'utf8')) as Schema
}

/** What is wrong with the document, as a list of places; empty when it is what the schema of that name says. */
export function schemaProblems(name: string, document: unknown): readonly string[] {
  return problems(readSchema(name), document, name)
}

/** Keywords that nobody would check, and objects that let anything in. */
export function unknownKeywords(schema: Schema, at: string): readonly string[] {
  const others = schema.additionalProperties === false ? undefined : schema.additionalProperties
  const own = Object.keys(schema).filter((key) => ![...keywords, ...annotations].includes(key))
  const below: [string, Schema | undefined][] = [
    ...Object.entries(schema.properties ?? {}),
    ...(schema.anyOf ?? []).map((part, index): [string, Schema] => [String(index), part]),
    ['items', schema.items],
    ['others', others],
  ]
  const isOpen = schema.type === 'object' && schema.additionalProperties === undefined
  return [
    ...own.map((key) => `${at}: ${key}`),
    ...(isOpen ? [`${at}: not closed`] : []),
    ...(schema.$ref !== undefined && !hasSchema(nameIn(schema.$ref)) ? [`${at}: no ${schema.$ref}`] : []),
    ...below.flatMap(([key, part]) => (part === undefined ? [] : unknownKeywords(part, `${at}.${key}`))),
  ]
}

const nameIn = (reference: string): string => reference.replace(suffix, '')

function problems(rule: Schema, value: unknown, at: string): readonly string[] {
  if (rule.$ref !== undefined) return problems(readSchema(nameIn(rule.$ref)), value, at)
  if (rule.anyOf !== undefined) {
    const attempts = rule.anyOf.map((part) => problems(part, value, at))
    return attempts.some((found) => found.length === 0) ? [] : [`${at}: fits nothing`, ...attempts.flat()]
  }
  if (rule.enum !== undefined) return rule.enum.includes(value) ? [] : [`${at}: ${JSON.stringify(value)}`]
  if (rule.type !== undefined && ![rule.type].flat().includes(typeOf(value)))
    return [`${at}: ${typeOf(value)}`]
  if (Array.isArray(value))
    return value.flatMap((item, index) => problems(rule.items ?? {}, item, `${at}[${index}]`))
  return typeOf(value) === 'object' ? memberProblems(rule, value as Record<string, unknown>, at) : []
}

function memberProblems(
  rule: Schema,
  value: Readonly<Record<string, unknown>>,
  at: string,
): readonly string[] {
  const known = rule.properties ?? {}
  return [
    ...(rule.required ?? []).filter((key) => !(key in value)).map((key) => `${at}: no ${key}`),
    ...Object.entries(value).flatMap(([key, member]) => {
      const part = known[key] ?? (rule.additionalProperties || undefined)
      return part === undefined ? [`${at}: unknown ${key}`] : problems(part, member, `${at}.${key}`)
    }),
  ]
}

function typeOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  return Number.isInteger(value) ? 'integer' : typeof value
}
