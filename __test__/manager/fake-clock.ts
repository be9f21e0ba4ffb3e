/** Time that stands still until it is told to go on. */
import type { Clock } from '../../ts/manager/model.ts'

export interface FakeClock extends Clock {
  /** When the next timer is due; undefined: there is none. */
  next(): number | undefined
  /** Goes on to `time` and runs what is due by then, in order. */
  goTo(time: number): void
}

export function createFakeClock(start: number): FakeClock {
  const timers = new Map<number, { readonly at: number; readonly action: () => void }>()
  let now = start
  let count = 0
  const first = () => {
    let found: [number, { readonly at: number; readonly action: () => void }] | undefined
    for (const entry of timers) if (found === undefined || entry[1].at < found[1].at) found = entry
    return found
  }
  return {
    now: () => now,
    after(delay, action) {
      const id = count++
      timers.set(id, { at: now + Math.max(0, delay), action })
      return () => timers.delete(id)
    },
    next: () => first()?.[1].at,
    goTo(time) {
      for (let due = first(); due !== undefined && due[1].at <= time; due = first()) {
        timers.delete(due[0])
        now = Math.max(now, due[1].at)
        due[1].action()
      }
      now = Math.max(now, time)
    },
  }
}
