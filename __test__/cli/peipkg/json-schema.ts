/** Checks documents against docs/peipkg.schema.json: the few keywords that it uses. */
import { readFileSync } from 'node:fs'

interface Schema {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly Schema[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly items?: Schema
  readonly $defs?: Readonly<Record<string, Schema>>
}

const path = new URL('../../../docs/peipkg.schema.json', import.meta.url)
const schema = JSON.parse(readFileSync(path, 'utf8')) as Schema
const definitions = schema.$defs as Readonly<Record<string, Schema>>

/** What is wrong with the document, as a list of places; empty when it is what the definition says. */
export function schemaProblems(name: string, document: unknown): readonly string[] {
  return problems({ $ref: `#/$defs/${name}` }, document, name)
}

function problems(rule: Schema, value: unknown, at: string): readonly string[] {
  if (rule.$ref !== undefined) {
    const definition = definitions[rule.$ref.replace('#/$defs/', '')]
    return definition === undefined ? [`${at}: no ${rule.$ref}`] : problems(definition, value, at)
  }
  if (rule.anyOf !== undefined) {
    const fits = rule.anyOf.some((part) => problems(part, value, at).length === 0)
    return fits ? [] : [`${at}: fits nothing`]
  }
  if (rule.enum !== undefined && !rule.enum.includes(value)) return [`${at}: ${JSON.stringify(value)}`]
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
      const part = known[key]
      return part === undefined ? [`${at}: unknown ${key}`] : problems(part, member, `${at}.${key}`)
    }),
  ]
}

function typeOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  return Number.isInteger(value) ? 'integer' : typeof value
}
