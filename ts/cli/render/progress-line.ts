/** One line on a terminal that shows how far long work is; nowhere else (file 7: nothing moves without a terminal). */
import { escapeText } from '../../native/escape.ts'
import type { ProgressEvent } from '../../native/task.ts'
import type { Output } from '../io.ts'
import { formatSize } from './size.ts'

export interface ProgressLine {
  update(event: ProgressEvent): void
  /** Takes the line away, before anything else is printed. */
  clear(): void
}

/** Milliseconds between two updates: ten a second at most. */
const PACE = 100

export function progressLine(output: Output, now: () => number = Date.now): ProgressLine {
  let shown = false
  let last = Number.NEGATIVE_INFINITY
  return {
    update(event) {
      if (!output.isTerminal || now() - last < PACE) return
      last = now()
      shown = true
      output.write(`\r${fitted(progressText(event), output.width)}\x1b[K`)
    },
    clear() {
      if (shown) output.write('\r\x1b[K')
      shown = false
      last = Number.NEGATIVE_INFINITY
    },
  }
}

/** `pack nginx  45 %  12.3 MiB of 27.0 MiB`. */
export function progressText(event: ProgressEvent): string {
  const { subject, amount } = progressParts(event)
  return `${subject}  ${amount}`.trimEnd()
}

/** `pack nginx` and `45 %  12.3 MiB of 27.0 MiB`, which may be empty. */
export function progressParts(event: ProgressEvent): { readonly subject: string; readonly amount: string } {
  const phase = event.phase === 'wait' ? 'waiting for another transaction to end' : event.phase
  const subject = event.item === undefined ? phase : `${phase} ${escapeText(event.item)}`
  return { subject, amount: `${percentage(event)}${amount(event)}`.trimEnd() }
}

function percentage({ done, total }: ProgressEvent): string {
  return total > 0 ? `${Math.min(100, Math.floor((done / total) * 100))} %  ` : ''
}

function amount({ done, total, unit }: ProgressEvent): string {
  if (done === 0 && total === 0) return ''
  const format = unit === 'bytes' ? formatSize : String
  const counted = unit === 'bytes' ? '' : ` ${unit}`
  return total > 0 ? `${format(done)} of ${format(total)}${counted}` : `${format(done)}${counted}`
}

function fitted(text: string, width: number): string {
  return text.length < width ? text : `${text.slice(0, Math.max(0, width - 2))}…`
}
