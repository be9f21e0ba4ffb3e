/** Progress on stderr: a bar on a terminal, lines or JSON where they were asked for, otherwise nothing (file 7). */
import type { OnProgress, ProgressEvent } from '../../native/task.ts'
import type { Output } from '../io.ts'
import { jsonText } from '../render/json.ts'
import { progressLine, progressText } from '../render/progress-line.ts'
import { formatSize } from '../render/size.ts'

export type ProgressMode = 'bar' | 'plain' | 'json'

export interface ProgressDisplay {
  update: OnProgress
  /** Takes a moving line away, before anything else is printed. */
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
  const moving = progressLine(output, now)
  const final = (text: string) => {
    moving.clear()
    output.write(`${text}\n`)
  }
  return {
    update(event) {
      const { isFirst, isLast, isDue, seconds } = subjects.note(event)
      if (chosen === 'json' && (isDue || isLast)) output.write(`${jsonText(event)}\n`)
      if (chosen === 'json') return
      if (isLast) final(finalText(event, seconds))
      else if (chosen === 'bar') moving.update(event)
      else if (isFirst) output.write(`${progressText(event)}\n`)
    },
    clear: () => moving.clear(),
  }
}

/** `download nginx_1.27.5-1_x86_64.peipkg  100 %  3.1 MiB of 3.1 MiB  1.2 MiB/s`. */
function finalText(event: ProgressEvent, seconds: number): string {
  const rate = event.unit === 'bytes' && seconds > 0.05 ? `  ${formatSize(event.done / seconds)}/s` : ''
  return progressText(event) + rate
}

/** Phases and the things within them: each begins once and ends once. */
class Subjects {
  readonly #known = new Map<string, { readonly started: number; last: number; ended: boolean }>()
  readonly #now: () => number

  constructor(now: () => number) {
    this.#now = now
  }

  note({ phase, item, done, total }: ProgressEvent) {
    const key = `${phase}\0${item ?? ''}`
    const time = this.#now()
    const known = this.#known.get(key)
    const subject = known ?? { started: time, last: Number.NEGATIVE_INFINITY, ended: false }
    this.#known.set(key, subject)
    const isLast = !subject.ended && total > 0 && done >= total
    subject.ended ||= isLast
    const isDue = !subject.ended && time - subject.last >= pace
    if (isDue) subject.last = time
    return { isFirst: known === undefined, isLast, isDue, seconds: (time - subject.started) / 1000 }
  }
}
