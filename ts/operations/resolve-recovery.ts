/** Recovery mode: a transaction that can be neither finished nor undone, and the operator's ways out (PSD-009 §7.5.1.5). */
import type { RecoveryReport } from '../native/system.ts'
import { authorise } from './authorise.ts'
import type { Authorisation, ElevatedAction } from './elevated-action.ts'
import { type RecoverReport, recover, settle } from './recover.ts'
import type { Session } from './session.ts'

export type Resolution = 'rollback' | 'accept'

/** Everything that recovery knows and finds. Changes nothing. */
export function inspect(waitSeconds: number | null, session: Session): Promise<RecoveryReport> {
  return session.system.recoveryReport(session.commandLine, waitSeconds ?? undefined, session.now())
}

/** Keeps a report below `reports/`; returns its path from the root. */
export function keepReport(text: string, session: Session): string {
  const time = new Date(session.now() * 1000).toISOString().replace(/[:]|\.\d+/g, '')
  return session.system.saveReport(`recovery-${time}.txt`, text)
}

/** Each only after a person confirmed it; where nothing is pending there is nothing to confirm. */
export async function resolveRecovery(
  how: Resolution,
  waitSeconds: number | null,
  session: Session,
): Promise<RecoverReport | Exclude<Authorisation, 'granted'>> {
  const { pending, indeterminate } = session.system.status()
  if (pending === undefined) return await recover(waitSeconds, session)
  const action = recoveryAction(how, pending, indeterminate?.paths.length)
  const answer = await authorise([action], session)
  if (answer !== 'granted') return answer
  const { system, commandLine, now } = session
  return await settle(await system.resolve(how, commandLine, waitSeconds ?? undefined, now()), session)
}

function recoveryAction(how: Resolution, transaction: number, doubts: number | undefined): ElevatedAction {
  const paths = doubts === undefined ? '' : ` (${doubts} path(s) in doubt stay as they are)`
  const text = {
    rollback: `transaction ${transaction} would be rolled back as far as that is possible${paths}`,
    accept: `the files would stay as transaction ${transaction} left them, and the database as it was before it`,
  }[how]
  return { kind: 'recovery', subjects: [], text }
}
