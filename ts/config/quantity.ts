/** Sizes and durations as the configuration writes them: `"2GiB"`, `"30d"`. */

const sizeUnits: Readonly<Record<string, number>> = {
  B: 1,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
}

const timeUnits: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 }

/** Bytes; undefined when the text is no size. */
export function parseSize(text: string): number | undefined {
  return parse(text, sizeUnits)
}

/** Seconds; undefined when the text is no duration. */
export function parseDuration(text: string): number | undefined {
  return parse(text, timeUnits)
}

function parse(text: string, units: Readonly<Record<string, number>>): number | undefined {
  const [, count, unit] = /^(\d+) ?([A-Za-z]+)$/.exec(text) ?? []
  if (count === undefined || unit === undefined || !Object.hasOwn(units, unit)) return undefined
  const value = Number(count) * (units[unit] as number)
  return Number.isSafeInteger(value) ? value : undefined
}
