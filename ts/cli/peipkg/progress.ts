/** Progress on stderr: moving lines on a terminal, lines or JSON where they were asked for, otherwise nothing (file 7). */
import type { OnProgress, ProgressEvent } from '../../native/task.ts'
import type { Output } from '../io.ts'
import { jsonText } from '../render/json.ts'
import { progressBlock } from '../render/progress-block.ts'
import { progressText } from '../render/progress-line.ts'
import { formatSize } from '../render/size.ts'

export type ProgressMode = 'bar' | 'plain' | 'json'

export interface ProgressDisplay {
  update: OnProgress
  /** Takes moving lines away, before anything else is printed. */
  clear(): void
}

/** Milliseconds between two JSON events of one subject: ten a second at most. */
const pace = 100

export function progressDisplay(
  mode: ProgressMode | undefined,
  output: Output,
  now: () => number = Date.now,
): ProgressDisplay {
  const chosen = mode ?? (output.isTerminal ? 'bar' : undefined)
  if (chosen === undefined || (chosen === 'bar' && !output.isTerminal)) {
    return { update: () => undefined, clear: () => undefined }
  }
  const subjects = new Subjects(now)
  const block = progressBlock(output, now)
  return {
    update(event) {
      const { isFirst, isLast, isOver, isDue, rate } = subjects.note(event)
      if (chosen === 'json') {
        if (isDue || isLast) output.write(`${jsonText(event)}\n`)
      } else if (chosen === 'bar') {
        if (isLast) block.end(event, finalText(event, rate))
        else if (!isOver) block.update(event, rate)
      } else if (isLast) output.write(`${finalText(event, rate)}\n`)
      else if (isFirst) output.write(`${progressText(event)}\n`)
    },
    clear: () => block.clear(),
  }
}

/** `download nginx_1.27.5-1_x86_64.peipkg  100 %  3.1 MiB of 3.1 MiB  1.2 MiB/s`. */
const finalText = (event: ProgressEvent, rate: string | undefined): string =>
  rate === undefined ? progressText(event) : `${progressText(event)}  ${rate}`

/** Phases and the things within them: each begins once and ends once. */
class Subjects {
  readonly #known = new Map<
    string,
    { readonly started: number; readonly from: number; last: number; ended: boolean }
  >()
  readonly #now: () => number

  constructor(now: () => number) {
    this.#now = now
  }

  note({ phase, item, done, total, unit }: ProgressEvent) {
    const key = `${phase}\0${item ?? ''}`
    const time = this.#now()
    const known = this.#known.get(key)
    const subject = known ?? { started: time, from: done, last: Number.NEGATIVE_INFINITY, ended: false }
    this.#known.set(key, subject)
    const isLast = !subject.ended && total > 0 && done >= total
    subject.ended ||= isLast
    const isDue = !subject.ended && time - subject.last >= pace
    if (isDue) subject.last = time
    // What was there from an earlier run did not come now.
    const rate = unit === 'bytes' ? rateText(done - subject.from, time - subject.started) : undefined
    const isOver = subject.ended && done >= total
    return { isFirst: known === undefined, isLast, isOver, isDue, rate }
  }
}

/** `1.2 MiB/s`; of the first moments there is none worth telling. */
function rateText(bytes: number, milliseconds: number): string | undefined {
  return milliseconds > 50 && bytes >= 0 ? `${formatSize((bytes / milliseconds) * 1000)}/s` : undefined
}
