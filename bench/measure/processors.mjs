// How busy the machine was with other things: a ratio that was measured in company says less.

import { readFileSync } from 'node:fs'
import { cpus } from 'node:os'

const TICKS_PER_SECOND = 100

/** A moment of the processors: busy seconds of all of them, and when. */
export function readProcessors() {
  const [first] = readFileSync('/proc/stat', 'utf8').split('\n')
  const [user, nice, system, , , irq, softirq] = first.trim().split(/\s+/).slice(1).map(Number)
  return { busy: (user + nice + system + irq + softirq) / TICKS_PER_SECOND, at: performance.now() }
}

/** The share (0 to 1) of all processors that was neither idle nor ours since then; the kernel's writing back counts. */
export function othersSince(before, cpu) {
  const now = readProcessors()
  const available = ((now.at - before.at) / 1000) * cpus().length
  return Math.max(0, Math.min(1, (now.busy - before.busy - cpu) / available))
}
