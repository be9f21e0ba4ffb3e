/** Times and spans for people; counts and sizes are those of the browse site. */
import { formatCounted } from '../../../publisher/site/format.ts'
import { type Html, html } from '../../../publisher/site/html.ts'

/** `3 minutes ago`, `in 5 minutes`, with the exact time for machines and on hover. */
export function ago(time: number, now: number): Html {
  const iso = new Date(time).toISOString()
  const exact = `${iso.slice(0, 19).replace('T', ' ')} UTC`
  const words = time > now ? `in ${span(time - now)}` : `${span(now - time)} ago`
  return html`<time datetime="${iso}" title="${exact}">${now - time >= 0 && now - time < 1000 ? 'just now' : words}</time>`
}

const steps = [
  [86_400_000, 'day'],
  [3_600_000, 'hour'],
  [60_000, 'minute'],
  [1000, 'second'],
] as const

/** `40 seconds`, `18 minutes`, `2 hours 5 minutes`, `3 days 1 hour`. */
export function span(milliseconds: number): string {
  const words: string[] = []
  let rest = Math.max(1000, milliseconds)
  for (const [length, name] of steps) {
    const count = Math.floor(rest / length)
    rest -= count * length
    if (count > 0) words.push(formatCounted(count, name))
    else if (words.length > 0) break
    if (words.length === 2 || (count > 0 && length < 3_600_000)) break
  }
  return words.join(' ')
}
