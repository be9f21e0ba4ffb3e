/** Templates: `<config_dir>/<template>.template.<platform>`, whose placeholders are parameters (file 10, Jobs). */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { reasonOf } from '../../native/errors.ts'
import { Refusal } from './refusal.ts'

const MOST_BYTES = 1 << 20

export const namePattern = /^[A-Za-z0-9][A-Za-z0-9._+-]{0,127}$/

/** The platforms that a template has a file for, sorted. */
export function templatePlatforms(directory: string, template: string): readonly string[] {
  if (!namePattern.test(template)) throw new Refusal('bad-request', `"${template}" is no name of a template`)
  let names: readonly string[]
  try {
    names = readdirSync(directory)
  } catch {
    names = []
  }
  const start = `${template}.template.`
  const platforms = names.filter((name) => name.startsWith(start)).map((name) => name.slice(start.length))
  if (platforms.length > 0) return platforms.sort()
  throw new Refusal('not-found', `there is no template ${template}: no ${join(directory, start)}<platform>`)
}

export interface TemplateRequest {
  readonly directory: string
  readonly template: string
  readonly platform: string
  /** The job's name. */
  readonly name: string
  readonly parameters: Readonly<Record<string, string>>
}

/** The script that it becomes. Throws a Refusal that says which placeholder is at fault. */
export function expandTemplate(request: TemplateRequest): string {
  const file = join(request.directory, `${request.template}.template.${request.platform}`)
  const values = { ...request.parameters, NAME: request.name, PLATFORM: request.platform }
  return expandText(readTemplate(file), values, file)
}

function readTemplate(file: string): string {
  try {
    if (statSync(file).size > MOST_BYTES) throw new Error(`larger than ${MOST_BYTES} bytes`)
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new Refusal('not-found', `cannot read template ${file}: ${reasonOf(error)}`)
  }
}

/** What needs no quotes anywhere, so that it may stand within quotes too. */
const plain = /^[A-Za-z0-9._+:/@%=-]*$/

/** `file` is for messages. */
export function expandText(text: string, values: Readonly<Record<string, string>>, file: string): string {
  let expanded = ''
  let line = 1
  let quotes = noQuotes
  let at = 0
  for (const match of text.matchAll(/%%(raw:)?([A-Za-z_][A-Za-z0-9_-]*)%%/g)) {
    const before = text.slice(at, match.index)
    line += before.split('\n').length - 1
    quotes = quotesAfter(quotes, before)
    const [whole, raw, name = ''] = match
    const value = Object.hasOwn(values, name) ? values[name] : undefined
    if (value === undefined)
      throw new Refusal(
        'bad-request',
        `${file}:${line}: unknown placeholder ${whole} (is --param ${name}=… missing?)`,
      )
    const inserted = raw !== undefined || plain.test(value) ? value : quoted(value)
    if (inserted !== value && quotes.open !== '') {
      const message = `the value of ${whole} needs quotes and stands within quotes: take them away, or use %%raw:${name}%%`
      throw new Refusal('bad-request', `${file}:${line}: ${message}`)
    }
    expanded += before + (value === '' && raw === undefined && quotes.open === '' ? "''" : inserted)
    at = match.index + whole.length
  }
  return expanded + text.slice(at)
}

const quoted = (value: string): string => `'${value.replaceAll("'", `'\\''`)}'`

interface Quotes {
  /** `'`, `"`, `#` within a comment, or nothing. */
  readonly open: string
  readonly escaped: boolean
  /** The character before, for comments begin at the start of words. */
  readonly last: string
}

const noQuotes: Quotes = { open: '', escaped: false, last: '\n' }

/** Where in a shell script the text leaves us; here-documents are read as plain text. */
function quotesAfter(start: Quotes, text: string): Quotes {
  let { open, escaped, last } = start
  for (const character of text) {
    if (escaped) escaped = false
    else if (open === '#') open = character === '\n' ? '' : open
    else if (character === '\\' && open !== "'") escaped = true
    else if (open !== '') open = character === open ? '' : open
    else if (character === "'" || character === '"' || character === '`') open = character
    else if (character === '#' && /[\s;]/.test(last)) open = '#'
    last = character
  }
  return { open, escaped, last }
}
