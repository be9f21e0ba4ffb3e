/**
 * What is under way, on a terminal: one line for each download and one for any other work, at the foot of what stays; nowhere
 * else (file 7: nothing moves without a terminal).
 */
import type { ProgressEvent } from '../../native/task.ts'
import type { Output } from '../io.ts'
import { progressParts } from './progress-line.ts'

export interface ProgressBlock {
  /** `rate`: as text, once one can be told. */
  update(event: ProgressEvent, rate: string | undefined): void
  /** The work ended: its line goes, and `text` stays in its place. */
  end(event: ProgressEvent, text: string): void
  /** Takes the lines away, before anything else is printed. They come back when they move. */
  clear(): void
}

/** Milliseconds between two updates: ten a second at most. */
const PACE = 100

/** Only downloads run beside each other; anything else follows what was there before. */
const parallelPhase = 'download'

interface Line {
  readonly event: ProgressEvent
  readonly rate: string | undefined
}

export function progressBlock(output: Output, now: () => number = Date.now): ProgressBlock {
  /** In the order of their beginning. */
  const running = new Map<string, Line>()
  /** Texts that stay, not yet written. */
  let ended: string[] = []
  /** What the terminal shows of the block. */
  let shown: readonly string[] = []
  let last = Number.NEGATIVE_INFINITY

  const erased = (): string => (shown.length === 0 ? '' : `${upTo(shown, output.width)}\x1b[J`)
  const stays = (): string => ended.map((text) => `${text}\n`).join('')
  const draw = () => {
    if (now() - last < PACE) return
    last = now()
    const lines = blockLines([...running.values()], output)
    output.write(erased() + stays() + lines.join('\n'))
    ended = []
    shown = lines
  }
  return {
    update(event, rate) {
      if (event.phase !== parallelPhase) running.clear()
      running.set(keyOf(event), { event, rate })
      draw()
    },
    end(event, text) {
      running.delete(keyOf(event))
      ended.push(text)
      draw()
    },
    clear() {
      const text = erased() + stays()
      if (text !== '') output.write(text)
      ended = []
      shown = []
      running.clear()
      last = Number.NEGATIVE_INFINITY
    },
  }
}

const keyOf = ({ phase, item }: ProgressEvent): string => `${phase}\0${item ?? ''}`

/** From the end of the last of these lines to the beginning of the first; a terminal that became narrower has wrapped them. */
function upTo(lines: readonly string[], width: number): string {
  const rows = lines.reduce((sum, line) => sum + Math.max(1, Math.ceil(columns(line) / width)), 0)
  return rows > 1 ? `\r\x1b[${rows - 1}A` : '\r'
}

/** No more than the terminal shows at once: a line that has scrolled away cannot be taken back. */
function blockLines(lines: readonly Line[], { width, height }: Output): readonly string[] {
  const room = Math.max(1, height - 1)
  const most = lines.length <= room ? room : Math.max(1, room - 1)
  const parts = lines.slice(0, most).map(({ event, rate }) => {
    const { subject, amount } = progressParts(event)
    return { subject: subject + bar(event), amount: rate === undefined ? amount : `${amount}  ${rate}` }
  })
  const amountWidth = Math.max(0, ...parts.map(({ amount }) => columns(amount)))
  const subjectWidth = Math.min(
    Math.max(0, ...parts.map(({ subject }) => columns(subject))),
    Math.max(8, width - 1 - amountWidth - 2),
  )
  const texts = parts.map(({ subject, amount }) => {
    const shortened = cut(subject, subjectWidth)
    const padding = ' '.repeat(Math.max(0, subjectWidth - columns(shortened)))
    return cut(`${shortened}${padding}  ${amount}`.trimEnd(), width - 1)
  })
  const more = lines.length - parts.length
  return more > 0 && room > 1 ? [...texts, cut(`… and ${more} more`, width - 1)] : texts
}

const barCells = 20

/** `  [#####---------------]` of work that has no name of its own. */
function bar({ item, done, total }: ProgressEvent): string {
  if (item !== undefined || total <= 0) return ''
  const filled = Math.min(barCells, Math.floor((done / total) * barCells))
  return `  [${'#'.repeat(filled)}${'-'.repeat(barCells - filled)}]`
}

/** Characters beyond ASCII may take two columns. */
function columns(text: string): number {
  let count = 0
  for (const character of text) count += isWide(character) ? 2 : 1
  return count
}

const isWide = (character: string): boolean => character !== '…' && (character.codePointAt(0) ?? 0) > 0x7e

function cut(text: string, most: number): string {
  if (columns(text) <= most) return text
  let kept = ''
  let count = 0
  for (const character of text) {
    count += isWide(character) ? 2 : 1
    if (count > most - 1) break
    kept += character
  }
  return `${kept}…`
}
