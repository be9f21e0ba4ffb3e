/** Sizes for people: `0 B`, `512 B`, `3.1 MiB`. */
const units = ['KiB', 'MiB', 'GiB', 'TiB'] as const

export function formatSize(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`
  let value = bytes / 1024
  let unit = 0
  // 1023.96 would be rounded to 1024.0.
  while (value >= 1023.95 && unit < units.length - 1) {
    value /= 1024
    unit += 1
  }
  return `${value.toFixed(1)} ${units[unit]}`
}

/** `+12.4 MiB`, `-3.0 KiB`. */
export function signedSize(bytes: number): string {
  return `${bytes < 0 ? '-' : '+'}${formatSize(Math.abs(bytes))}`
}
