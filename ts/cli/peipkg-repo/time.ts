/** Times that are told by how far they are from another. */

/** RFC 3339; undefined beyond the years that it can write. */
export function timeAfter(timestamp: string, seconds: number): string | undefined {
  const time = Date.parse(timestamp) + seconds * 1000
  if (!(time >= 0 && time <= Date.parse('9999-12-31T23:59:59Z'))) return undefined
  return new Date(time).toISOString().replace('.000Z', 'Z')
}
