/** The command line of peipkg-manager, read as Go's flag package reads it: `-once`, `--once=true`, `--config PATH`. */

export interface Flags {
  readonly config: string
  readonly logLevel: string
  readonly once: boolean
  readonly check: boolean
  /** Only this recipe; empty: all. */
  readonly recipe: string
  readonly retry: boolean
}

/** What the command line asks for: a run, or a text on standard error and an exit code. */
export type CommandLine =
  | { readonly kind: 'run'; readonly flags: Flags }
  | { readonly kind: 'version' }
  | { readonly kind: 'end'; readonly text: string; readonly code: 0 | 2 }

type Value = string | boolean

const defaults = {
  config: '/etc/peipkg-manager/config.toml',
  'log-level': 'info',
  once: false,
  check: false,
  recipe: '',
  retry: false,
  version: false,
} as const satisfies Readonly<Record<string, Value>>

type Name = keyof typeof defaults

interface FlagText {
  readonly name: string
  /** What follows it. */
  readonly value?: string
  readonly text: string
}

/** The documented ones, in the documented words, and what we add after them. */
export const flagTexts: readonly FlagText[] = [
  { name: 'config', value: 'string', text: `path to peipkg-config.toml (default "${defaults.config}")` },
  {
    name: 'log-level',
    value: 'string',
    text: 'log verbosity: debug, info, warn, error (default "info")',
  },
  {
    name: 'once',
    text: 'run a single poll/build/publish sweep and exit (cron/CI mode); default is the long-running daemon',
  },
  {
    name: 'check',
    text: 'check the configuration and the recipes, print what would be polled, and exit with 0 or 2',
  },
  { name: 'recipe', value: 'ID', text: 'with -once: only this recipe' },
  { name: 'retry', text: 'with -recipe: build although an earlier failure puts it off' },
  { name: 'version', text: 'print the version and exit' },
]

const usage = `Usage of peipkg-manager:\n${flagTexts
  .map(({ name, value, text }) => `  -${name}${value === undefined ? '' : ` ${value}`}\n    \t${text}\n`)
  .join('')}`

const booleans: Readonly<Record<string, boolean>> = {
  ...Object.fromEntries(['1', 't', 'T', 'true', 'TRUE', 'True'].map((text) => [text, true])),
  ...Object.fromEntries(['0', 'f', 'F', 'false', 'FALSE', 'False'].map((text) => [text, false])),
}

/** A text to be printed, with exit code 2. */
class Refusal extends Error {}

export function parseFlags(argv: readonly string[]): CommandLine {
  try {
    const values = readValues(argv)
    if (values === 'help') return { kind: 'end', text: usage, code: 0 }
    if (values.version) return { kind: 'version' }
    return { kind: 'run', flags: asFlags(values) }
  } catch (error) {
    if (error instanceof Refusal) return { kind: 'end', text: `${error.message}\n${usage}`, code: 2 }
    throw error
  }
}

type Values = { [Key in Name]: (typeof defaults)[Key] extends boolean ? boolean : string }

/** What stands after the first word without a dash, or after `--`, is ignored: it always was. */
function readValues(argv: readonly string[]): Values | 'help' {
  const values: Record<string, Value> = { ...defaults }
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at] as string
    if (word.length < 2 || !word.startsWith('-') || word === '--') break
    const [, name = '', given] = /^--?([^=]*)(?:=(.*))?$/s.exec(word) ?? []
    if (name === '' || name.startsWith('-')) throw new Refusal(`bad flag syntax: ${word}`)
    if (!Object.hasOwn(defaults, name)) {
      if (name === 'help' || name === 'h') return 'help'
      throw new Refusal(`flag provided but not defined: -${name}`)
    }
    if (typeof values[name] === 'boolean') {
      values[name] = readBoolean(name, given)
      continue
    }
    if (given === undefined) at += 1
    const value = given ?? argv[at]
    if (value === undefined) throw new Refusal(`flag needs an argument: -${name}`)
    values[name] = value
  }
  return values as Values
}

function readBoolean(name: string, given = 'true'): boolean {
  const value = Object.hasOwn(booleans, given) ? booleans[given] : undefined
  if (value !== undefined) return value
  throw new Refusal(`invalid boolean value ${JSON.stringify(given)} for -${name}: parse error`)
}

function asFlags(values: Values): Flags {
  if (values.recipe !== '' && !values.once) throw new Refusal('flag -recipe goes with -once')
  if (values.retry && values.recipe === '') throw new Refusal('flag -retry goes with -recipe')
  const { config, once, check, recipe, retry } = values
  return { config, logLevel: values['log-level'], once, check, recipe, retry }
}
