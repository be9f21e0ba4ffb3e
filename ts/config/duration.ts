/** Durations as Go writes them (`1h30m`, `1.5s`), which is how farms are configured. In milliseconds, with fractions. */

/** Milliseconds in each unit. */
const units: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
}

/** Go counts nanoseconds in 64 bits. */
const MOST = (2 ** 63 - 1) / 1e6

/** Why a text is no duration, in the words that operators know. */
class DurationError extends Error {}

/** Milliseconds. Throws DurationError. */
export function parseGoDuration(text: string): number {
  const [, sign = '', body = ''] = /^([+-]?)(.*)$/s.exec(text) ?? []
  if (body === '0') return 0
  const parts = [...body.matchAll(/(\d*)(\.?)(\d*)([^\d.]*)/g)].filter(([whole]) => whole !== '')
  if (parts.length === 0) throw invalid(text)
  let total = 0
  for (const [, before = '', , after = '', unit = ''] of parts) {
    if (before === '' && after === '') throw invalid(text)
    if (unit === '') throw new DurationError(`time: missing unit in duration ${JSON.stringify(text)}`)
    if (!Object.hasOwn(units, unit)) throw unknownUnit(unit, text)
    total += Number(`${before || 0}.${after || 0}`) * (units[unit] as number)
  }
  if (total > MOST) throw invalid(text)
  return sign === '-' ? -total : total
}

/** Why a text is no duration; undefined when it is one. */
export function durationReason(text: string): string | undefined {
  try {
    parseGoDuration(text)
    return undefined
  } catch (error) {
    if (error instanceof DurationError) return error.message
    throw error
  }
}

function invalid(text: string): DurationError {
  return new DurationError(`time: invalid duration ${JSON.stringify(text)}`)
}

function unknownUnit(unit: string, text: string): DurationError {
  return new DurationError(`time: unknown unit ${JSON.stringify(unit)} in duration ${JSON.stringify(text)}`)
}

/** `1h30m0s`, `1m0s`, `1.5s`, `250ms`, `0s`. */
export function formatGoDuration(milliseconds: number): string {
  const nanoseconds = Math.round(Math.abs(milliseconds) * 1e6)
  const text = nanoseconds < 1e9 ? belowSecond(nanoseconds) : fromSecond(nanoseconds)
  return milliseconds < 0 && nanoseconds > 0 ? `-${text}` : text
}

function belowSecond(nanoseconds: number): string {
  if (nanoseconds === 0) return '0s'
  if (nanoseconds < 1e3) return `${nanoseconds}ns`
  if (nanoseconds < 1e6) return `${nanoseconds / 1e3}µs`
  return `${nanoseconds / 1e6}ms`
}

function fromSecond(nanoseconds: number): string {
  const seconds = Math.floor(nanoseconds / 1e9)
  const hours = Math.floor(seconds / 3600)
  const minutes = Math.floor(seconds / 60) % 60
  const rest = String(nanoseconds % 1e9)
    .padStart(9, '0')
    .replace(/0+$/, '')
  const fraction = rest === '' ? '' : `.${rest}`
  const before = hours > 0 ? `${hours}h${minutes}m` : minutes > 0 ? `${minutes}m` : ''
  return `${before}${seconds % 60}${fraction}s`
}
