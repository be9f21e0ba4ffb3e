/** Cron expressions: five fields, in UTC, to the minute. Both day fields given: either may match, as everywhere. */

interface Field {
  readonly name: string
  readonly least: number
  readonly most: number
  readonly words?: readonly string[]
}

const days = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']
const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']

const fields: readonly Field[] = [
  { name: 'minute', least: 0, most: 59 },
  { name: 'hour', least: 0, most: 23 },
  { name: 'day of the month', least: 1, most: 31 },
  { name: 'month', least: 1, most: 12, words: months },
  { name: 'day of the week', least: 0, most: 7, words: days },
]

const named: Readonly<Record<string, string>> = {
  '@hourly': '0 * * * *',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@weekly': '0 0 * * 0',
  '@monthly': '0 0 1 * *',
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
}

interface Cron {
  readonly minutes: ReadonlySet<number>
  readonly hours: ReadonlySet<number>
  readonly days: ReadonlySet<number>
  readonly months: ReadonlySet<number>
  readonly weekdays: ReadonlySet<number>
  /** Whether the day fields are both given. */
  readonly eitherDay: boolean
}

/** Why a text is no cron expression; undefined: it is one, and there is a time that it means. */
export function cronProblem(text: string): string | undefined {
  const cron = parse(text)
  if (typeof cron === 'string') return cron
  return search(cron, Date.UTC(2024, 0, 1)) === undefined ? `"${text}" never comes` : undefined
}

/** The first minute after `now` that matches; undefined: none does. */
export function nextByCron(text: string, now: number): number | undefined {
  const cron = parse(text)
  return typeof cron === 'string' ? undefined : search(cron, now)
}

/** A leap day may be eight years away. */
const MOST_DAYS = 9 * 366
const DAY = 86_400_000

function search(cron: Cron, now: number): number | undefined {
  const from = Math.floor(now / 60_000) * 60_000 + 60_000
  const start = Math.floor(from / DAY) * DAY
  for (let day = 0; day < MOST_DAYS; day++) {
    const at = start + day * DAY
    if (!matchesDay(cron, new Date(at))) continue
    for (const hour of cron.hours) {
      for (const minute of cron.minutes) {
        const time = at + hour * 3_600_000 + minute * 60_000
        if (time >= from) return time
      }
    }
  }
  return undefined
}

function matchesDay(cron: Cron, date: Date): boolean {
  if (!cron.months.has(date.getUTCMonth() + 1)) return false
  const day = cron.days.has(date.getUTCDate())
  const weekday = cron.weekdays.has(date.getUTCDay())
  return cron.eitherDay ? day || weekday : day && weekday
}

function parse(text: string): Cron | string {
  const parts = (named[text.trim().toLowerCase()] ?? text).trim().split(/\s+/)
  if (parts.length !== 5) return `a cron expression has five fields, "${text}" has ${parts.length}`
  const sets: ReadonlySet<number>[] = []
  for (const [index, field] of fields.entries()) {
    const set = parseField(parts[index] as string, field)
    if (set === undefined) return `"${parts[index]}" is no ${field.name} (${field.least} to ${field.most})`
    sets.push(set)
  }
  const [minutes, hours, monthDays, inMonths, weekdays] = sets as [
    Set<number>,
    Set<number>,
    Set<number>,
    Set<number>,
    Set<number>,
  ]
  const eitherDay = !(parts[2] as string).startsWith('*') && !(parts[4] as string).startsWith('*')
  return { minutes, hours, days: monthDays, months: inMonths, weekdays, eitherDay }
}

function parseField(text: string, field: Field): ReadonlySet<number> | undefined {
  const found = new Set<number>()
  for (const part of text.toLowerCase().split(',')) {
    const [, range = '', step = '1'] = /^([^/]+)(?:\/([1-9]\d{0,2}))?$/.exec(part) ?? []
    const [first, last] = rangeOf(range, part.includes('/'), field)
    if (first === undefined || last === undefined || first > last) return undefined
    for (let value = first; value <= last; value += Number(step))
      found.add(field.most === 7 ? value % 7 : value)
  }
  return new Set([...found].sort((left, right) => left - right))
}

function rangeOf(
  text: string,
  stepped: boolean,
  field: Field,
): readonly [number | undefined, number | undefined] {
  if (text === '*') return [field.least, field.most === 7 ? 6 : field.most]
  const [from = '', to] = text.split('-')
  const first = numberOf(from, field)
  if (to === undefined) return [first, stepped ? field.most : first]
  return [first, numberOf(to, field)]
}

function numberOf(text: string, { least, most, words = [] }: Field): number | undefined {
  const word = words.indexOf(text)
  const value =
    word === -1 ? (/^\d{1,2}$/.test(text) ? Number(text) : Number.NaN) : word + (least === 1 ? 1 : 0)
  return value >= least && value <= most ? value : undefined
}
