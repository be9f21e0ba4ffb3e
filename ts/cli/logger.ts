/** One line for every event, as Go's slog text handler writes them: `time=… level=INFO msg=… key=value` (file 9, §14). */
import type { LogFields, Logger, LogValue } from '../manager/model.ts'

export const levels = ['debug', 'info', 'warn', 'error'] as const

type Level = (typeof levels)[number]

/** Undefined when it is none: only the exact lower-case words are. */
export function parseLevel(text: string): Level | undefined {
  return levels.find((level) => level === text)
}

/** What a value may take, in characters; the rest is cut. */
const MOST = 8192

/** Writes what is of `least` or more. `now` is for tests. */
export function createLogger(
  least: Level,
  write: (line: string) => void,
  now: () => Date = () => new Date(),
): Logger {
  const at =
    (level: Level) =>
    (message: string, fields: LogFields = {}) => {
      if (levels.indexOf(level) < levels.indexOf(least)) return
      const pairs = Object.entries(fields).map(([key, value]) => ` ${key}=${quoteValue(value)}`)
      write(
        `time=${formatTime(now())} level=${level.toUpperCase()} msg=${quoteValue(message)}${pairs.join('')}\n`,
      )
    }
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

/** Milliseconds, and the local offset: `2026-11-21T09:01:48.549Z`, `…+01:00`. */
export function formatTime(time: Date, minutesBehind = time.getTimezoneOffset()): string {
  const local = new Date(time.getTime() - minutesBehind * 60_000).toISOString()
  if (minutesBehind === 0) return local
  const ahead = Math.abs(minutesBehind)
  const offset = [Math.floor(ahead / 60), ahead % 60].map((part) => String(part).padStart(2, '0')).join(':')
  return `${local.slice(0, -1)}${minutesBehind < 0 ? '+' : '-'}${offset}`
}

function quoteValue(value: LogValue): string {
  const text = typeof value === 'string' ? value : String(value)
  const short = text.length > MOST ? `${text.slice(0, MOST)}…` : text
  return bare.test(short) ? short : goQuote(short)
}

/** What needs no quotes: printable, and neither a space, `"` nor `=`. */
const bare = /^(?:(?!["=])[\p{L}\p{M}\p{N}\p{P}\p{S}])+$/u

const printable = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u

const named: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
}

/** As Go's strconv.Quote: whatever a terminal could obey, or that could reorder the line, becomes an escape. */
function goQuote(text: string): string {
  return `"${Array.from(text, escapeCharacter).join('')}"`
}

function escapeCharacter(character: string): string {
  const name = named[character]
  if (name !== undefined) return name
  if (printable.test(character)) return character
  const code = character.codePointAt(0) ?? 0
  const hex = code.toString(16)
  if (code < 0x20 || code === 0x7f) return `\\x${hex.padStart(2, '0')}`
  if (code >= 0xd800 && code < 0xe000) return '\\ufffd'
  return code < 0x10000 ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`
}
