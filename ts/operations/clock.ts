/** A clock that cannot be right is warned about wherever times decide: expired keys, the age of indexes (file 6). */
import { authorise } from './authorise.ts'
import type { Authorisation, ElevatedAction } from './elevated-action.ts'
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
  return `the system clock says ${timeText(time)}, but ${latest.what} at ${timeText(latest.at)}: expired keys and old indexes may be taken for good ones (set the clock, or tell the time with --clock)`
}

/**
 * The session as if it were that time (seconds since 1970), which decides about expired keys and the age of indexes: an elevated
 * action, asked for before anything else is done. A dry run asks nothing: its plan lists the action.
 */
export async function overrideClock(
  time: number,
  dryRun: boolean,
  session: Session,
): Promise<Session | Exclude<Authorisation, 'granted'>> {
  const started = session.now()
  const action: ElevatedAction = {
    ...{ kind: 'clock', subjects: [] },
    text: `the time would be taken to be ${timeText(time)}, although the system clock says ${timeText(started)}`,
  }
  const now = () => time + session.now() - started
  if (dryRun) return { ...session, now, assumed: [action] }
  const answer = await authorise([action], session)
  return answer === 'granted' ? { ...session, now } : answer
}

function timeText(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace(/\.\d+Z$/, 'Z')
}
