/** Values of options, from text: what is missing and what is malformed get their own usage errors (file 8). */
import { parseDuration as durationOf } from '../config/quantity.ts'
import { UsageError } from './usage-error.ts'

/** The options by their names, all given; else a usage error that names every one that is not. */
export function requireOptions<Name extends string>(
  options: Readonly<Record<Name, string | undefined>>,
): Readonly<Record<Name, string>> {
  const missing = Object.keys(options).filter((name) => options[name as Name] === undefined)
  if (missing.length === 0) return options as Readonly<Record<Name, string>>
  const names = missing.map((name) => `--${name}`).join(', ')
  throw new UsageError(
    'missing',
    missing.length === 1 ? `option ${names} is needed` : `options ${names} are needed`,
  )
}

export function parseWholeNumber(option: string, text: string, least: number, most: number): number {
  const value = Number(text)
  if (/^[0-9]+$/.test(text) && value >= least && value <= most) return value
  throw new UsageError(
    'malformed',
    `option ${option} is a whole number from ${least} to ${most}, not "${text}"`,
  )
}

export function parseChoice<Choice extends string>(
  option: string,
  text: string,
  choices: readonly Choice[],
): Choice {
  const choice = choices.find((known) => known === text)
  if (choice !== undefined) return choice
  throw new UsageError('malformed', `option ${option} is one of ${choices.join(', ')}, not "${text}"`)
}

/** A word of an argument. */
export function parseWord<Word extends string>(argument: string, text: string, words: readonly Word[]): Word {
  const word = words.find((known) => known === text)
  if (word !== undefined) return word
  throw new UsageError('malformed', `${argument} is one of ${words.join(', ')}, not "${text}"`)
}

/** Seconds from `90`, `90s`, `30m`, `2h`, `7d`: a week at most, which fits the timers. */
export function parseDuration(option: string, text: string): number {
  const seconds = /^[0-9]+$/.test(text) ? Number(text) : (durationOf(text) ?? Number.NaN)
  if (seconds >= 1 && seconds <= 7 * 86_400) return seconds
  throw new UsageError(
    'malformed',
    `option ${option} is a time such as 90s, 30m or 2h, a week at most, not "${text}"`,
  )
}

/** RFC 3339, UTC, whole seconds, 1970 or later (PSD-009 §3.3). */
export function parseTimestamp(option: string, text: string): string {
  const shape = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$/.test(text)
  const time = shape ? Date.parse(text) : Number.NaN
  // Date.parse moves 30 February to March; what it prints again tells.
  if (time >= 0 && timestampOf(time) === text) return text
  throw new UsageError(
    'malformed',
    `option ${option} is a UTC time such as 2026-05-01T12:00:00Z, not "${text}"`,
  )
}

/** `epoch`: the value of SOURCE_DATE_EPOCH, seconds since 1970. */
export function timestampFromEpoch(epoch: string): string {
  const seconds = /^[0-9]{1,12}$/.test(epoch) ? Number(epoch) : Number.NaN
  // Up to the end of the year 9999.
  if (seconds <= 253_402_300_799) return timestampOf(seconds * 1000)
  throw new UsageError('malformed', `SOURCE_DATE_EPOCH is a number of seconds since 1970, not "${epoch}"`)
}

function timestampOf(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace('.000Z', 'Z')
}
