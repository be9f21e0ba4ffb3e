/** The one place where an error becomes lines on stderr, a JSON document, and an exit code. */
import type { ErrorCode } from '../native/codes.ts'
import { asPeiError, reasonOf } from '../native/errors.ts'
import { escapeText } from '../native/escape.ts'
import type { Io } from './io.ts'
import { jsonText } from './render/json.ts'
import { UsageError } from './usage-error.ts'

export interface ErrorContext {
  /** As in `peipkg: …`. */
  readonly program: string
  /** The command's words, for the messages that name it and for the pointer to its help. */
  readonly command?: string
  readonly json: boolean
  /** The signal that cancelled the work, when one did. */
  readonly signal?: NodeJS.Signals | undefined
  /** File 8: the producers end with 1 when an option or argument is missing. */
  readonly exitWhenMissing: 1 | 2
}

/** 128 + the signal's number, for those that a program turns into a cancellation. */
const signalExits: Readonly<Partial<Record<NodeJS.Signals, number>>> = {
  SIGHUP: 129,
  SIGINT: 130,
  SIGTERM: 143,
}

/** Errors whose text names the command: `peipkg: info: "x" is not installed`. */
const namesCommand: readonly ErrorCode[] = ['PEI_NOT_FOUND', 'PEI_NOT_UNDOABLE', 'PEI_RESOLVE_NOT_INSTALLED']

/** Prints the error and returns the exit code. With `--json` the document goes to stdout, the lines stay on stderr. */
export function reportError(error: unknown, context: ErrorContext, io: Io): number {
  const known = asPeiError(error)
  const code = known?.code ?? 'PEI_INTERNAL'
  const message = known?.message ?? `internal error: ${reasonOf(error)}`
  if (context.json) io.stdout.write(`${jsonText({ error: { code, message } })}\n`)
  const prefix = context.command !== undefined && namesCommand.includes(code) ? `${context.command}: ` : ''
  io.stderr.write(errorLines(context.program, prefix + message))
  if (error instanceof UsageError) io.stderr.write(errorLines(context.program, helpPointer(context)))
  if (known === undefined && io.environment.PEIPKG_DEBUG !== undefined && error instanceof Error) {
    io.stderr.write(errorLines(context.program, error.stack ?? ''))
  }
  return exitCodeOf(error, code, context)
}

/** Every line of an error starts with the program's name; foreign text in it is escaped. */
export function errorLines(program: string, message: string): string {
  return message
    .split('\n')
    .map((line) => `${program}: ${escapeText(line)}\n`)
    .join('')
}

export function warningLine(program: string, text: string): string {
  return errorLines(program, `warning: ${text}`)
}

function helpPointer(context: ErrorContext): string {
  const help = context.command === undefined ? 'help' : `help ${context.command}`
  return `see "${context.program} ${help}"`
}

function exitCodeOf(error: unknown, code: ErrorCode, context: ErrorContext): number {
  if (error instanceof UsageError) return error.problem === 'missing' ? context.exitWhenMissing : 2
  if (code === 'PEI_USAGE') return 2
  if (code === 'PEI_CANCELLED' && context.signal !== undefined) return signalExits[context.signal] ?? 1
  return 1
}
