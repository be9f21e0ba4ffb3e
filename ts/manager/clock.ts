/** The time of the system. */
import type { Clock } from './model.ts'

/** What a timer of Node can wait for at most, in milliseconds; longer waits are made of several. */
const LONGEST = 2 ** 31 - 1

export const systemClock: Clock = {
  now: () => Date.now(),
  after(delay, action) {
    let timer: NodeJS.Timeout
    const wait = (left: number) => {
      const step = Math.min(left, LONGEST)
      timer = setTimeout(() => (left > step ? wait(left - step) : action()), step)
    }
    wait(Math.max(0, delay))
    return () => clearTimeout(timer)
  },
}

/** `2026-11-21T09:03:40Z`, as the children are told it. */
export function timestampOf(time: number): string {
  return new Date(time).toISOString().replace(/\.\d+Z$/, 'Z')
}
