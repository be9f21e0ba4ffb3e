/** Numbers, dates and fingerprints for people. */

const months = 'January February March April May June July August September October November December'.split(
  ' ',
)

/** `2 May 2026`, of an RFC 3339 time. */
export function formatDate(time: string): string {
  const [year, month, day] = time.slice(0, 10).split('-').map(Number)
  return `${day} ${months[(month as number) - 1]} ${year}`
}

/** `12,345`. */
export function formatCount(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',')
}

/** `1 package`, `2 packages`. */
export function formatCounted(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`
}

/** `12 bytes`, `3.4 KiB`, `120 MiB`. */
export function formatSize(bytes: number): string {
  if (bytes < 1024) return formatCounted(bytes, 'byte')
  const units = ['KiB', 'MiB', 'GiB', 'TiB']
  let value = bytes / 1024
  let unit = 0
  while (value >= 1023.5 && unit < units.length - 1) {
    value /= 1024
    unit++
  }
  return `${value < 10 ? value.toFixed(1) : value.toFixed(0)} ${units[unit]}`
}

/** In groups of four, as people compare them. */
export function groupFingerprint(fingerprint: string): string {
  return fingerprint.replace(/(.{4})(?=.)/g, '$1 ')
}
