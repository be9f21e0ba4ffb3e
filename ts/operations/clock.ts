/** A clock that cannot be right is warned about wherever times decide: expired keys, the age of indexes (file 6). */
import type { Session } from './session.ts'

const day = 86_400

/** Warns once when the system's time is more than a day before a time that has certainly passed. */
export function warnOfClock(session: Session): void {
  const text = clockProblem(session)
  if (text !== undefined) session.reporter.warn(text)
}

export function clockProblem({ now, builtAt, system }: Session): string | undefined {
  const time = now()
  const passed = [
    ...(builtAt === undefined ? [] : [{ at: builtAt(), what: 'this program was built' }]),
    ...system.repositories().map(({ name, generatedAt }) => ({
      at: Math.floor(Date.parse(generatedAt) / 1000),
      what: `the index of "${name}" was made`,
    })),
  ]
  const latest = passed.reduce((left, right) => (right.at > left.at ? right : left), { at: 0, what: '' })
  if (latest.at - time <= day) return undefined
  return `the system clock says ${timeText(time)}, but ${latest.what} at ${timeText(latest.at)}: expired keys and old indexes may be taken for good ones (set the clock)`
}

function timeText(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace(/\.\d+Z$/, 'Z')
}
