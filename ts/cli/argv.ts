/**
 * The argv pass, before any command is loaded: the grammar of file 7 that all programs share. Long options take one dash
 * or two and `=` or a space, short ones are never bundled, options stand anywhere, `--` ends them.
 */
import { nearest } from '../config/nearest.ts'
import { UsageError } from './usage-error.ts'

/** Every option that some command of a program knows, without dashes; which command takes it is checked later. */
export interface Grammar {
  /** Options without a value: `--yes`, `--yes=false`. */
  readonly flags: readonly string[]
  /** Options with a value: `--limit 3`, `--limit=3`. */
  readonly values: readonly string[]
  /** Options whose value is a path: `--root DIR`, `--root=DIR`, never empty. */
  readonly paths: readonly string[]
  /** Options whose value may be left out, and is then written with `=` only: `--wait`, `--wait=30`. */
  readonly optionalValues: readonly string[]
  /** One-letter names → the long option they stand for. */
  readonly short: Readonly<Record<string, string>>
  /** A command whose arguments may have one leading dash: options need two there, but for these. */
  readonly dashed?: { readonly command: string; readonly except: readonly string[] }
}

export interface ParsedArgv {
  /** The command's words and its arguments, in order. */
  readonly words: readonly string[]
  /** In order, by the full name. A flag given twice keeps its last value. */
  readonly options: readonly ParsedOption[]
}

export interface ParsedOption {
  readonly name: string
  /** As it was typed: `-n`, `--limit`. */
  readonly typed: string
  /** `false` only for a flag written `--flag=false`; `true` for a flag, or an optional value left out. */
  readonly value: string | boolean
}

export function parseArgv(argv: readonly string[], grammar: Grammar): ParsedArgv {
  const words: string[] = []
  const options: ParsedOption[] = []
  for (let index = 0; index < argv.length; index++) {
    const argument = argv[index] as string
    if (argument === '--') {
      words.push(...argv.slice(index + 1))
      break
    }
    if (!argument.startsWith('-') || argument === '-' || isDashedWord(argument, words, grammar)) {
      words.push(argument)
      continue
    }
    const { name, typed, inline } = splitOption(argument, grammar)
    if (inline === undefined && [...grammar.values, ...grammar.paths].includes(name)) {
      index += 1
      options.push({ name, typed, value: checkPath(name, typed, valueAfter(typed, argv[index]), grammar) })
    } else {
      options.push({ name, typed, value: optionValue(name, typed, inline, grammar) })
    }
  }
  return { words, options }
}

/** Whether `--json` was asked for, also where the argv does not parse: its error is given as it was asked for. */
export function asksForJson(argv: readonly string[], { dashed }: Grammar): boolean {
  const end = argv.indexOf('--')
  const isDashed =
    dashed !== undefined && argv.find((argument) => !argument.startsWith('-')) === dashed.command
  const json = isDashed ? /^--json(=true|=1)?$/ : /^--?json(=true|=1)?$/
  return (end < 0 ? argv : argv.slice(0, end)).some((argument) => json.test(argument))
}

/** `do -nginx`: one dash is a removal there (file 7). */
function isDashedWord(argument: string, words: readonly string[], { dashed }: Grammar): boolean {
  if (dashed === undefined || words[0] !== dashed.command) return false
  return !argument.startsWith('--') && !dashed.except.includes(argument)
}

interface SplitOption {
  readonly name: string
  readonly typed: string
  readonly inline: string | undefined
}

function splitOption(argument: string, grammar: Grammar): SplitOption {
  const [, written, inline] = /^--?([^=]*)(?:=([\s\S]*))?$/.exec(argument) as unknown as [
    string,
    string,
    string?,
  ]
  const name = Object.hasOwn(grammar.short, written) ? (grammar.short[written] as string) : written
  const typed = argument.replace(/=[\s\S]*/, '')
  const known = [...grammar.flags, ...grammar.values, ...grammar.paths, ...grammar.optionalValues]
  if (!known.includes(name)) throw unknownOption(typed, known)
  return { name, typed, inline }
}

export function unknownOption(option: string, known: readonly string[]): UsageError {
  const near = nearest(option.replace(/^-+/, ''), known)
  const hint = near === undefined ? '' : ` (did you mean "--${near}"?)`
  return new UsageError('unknown', `unknown option "${option}"${hint}`)
}

function valueAfter(option: string, value: string | undefined): string {
  if (value === undefined) throw new UsageError('missing', `option "${option}" needs a value`)
  return value
}

/** An empty path is no path: it would mean the working directory, which nobody typed. */
function checkPath(name: string, typed: string, value: string, grammar: Grammar): string {
  if (value !== '' || !grammar.paths.includes(name)) return value
  throw new UsageError('malformed', `option "${typed}" needs a path, not an empty one`)
}

function optionValue(
  name: string,
  typed: string,
  inline: string | undefined,
  grammar: Grammar,
): string | boolean {
  if (inline === undefined) return true
  if (!grammar.flags.includes(name)) return checkPath(name, typed, inline, grammar)
  if (/^(1|t|true)$/i.test(inline)) return true
  if (/^(0|f|false)$/i.test(inline)) return false
  throw new UsageError('malformed', `option "${typed}" is either "true" or "false", not "${inline}"`)
}
