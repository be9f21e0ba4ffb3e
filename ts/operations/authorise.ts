/** Elevated actions (PSD-009 §7.6.6): each is asked for on its own, answered by a person, and recorded. */
import type { AuditEvent } from '../native/system.ts'
import type { Authorisation, ElevatedAction } from './elevated-action.ts'
import type { Session } from './session.ts'

/**
 * Asks for every action in turn and stops at the first that is not granted: the operation is cancelled then, and nothing
 * was changed. Call it before the first change.
 */
export async function authorise(
  actions: readonly ElevatedAction[],
  session: Session,
): Promise<Authorisation> {
  for (const action of actions) {
    const answer = await session.reporter.authorise(action)
    record(action, answer, session)
    if (answer !== 'granted') return answer
  }
  return 'granted'
}

const answers = { granted: 'authorised', refused: 'refused', unauthorised: 'nobody to ask' } as const

/** Before anything happens: what is granted and cannot be recorded does not happen. */
function record({ kind, text }: ElevatedAction, answer: Authorisation, session: Session): void {
  const { system, reporter, now } = session
  const isGranted = answer === 'granted'
  const event: AuditEvent = {
    kind: 'authorisation',
    operation: kind,
    packages: [],
    outcome: isGranted ? 'success' : 'rejection',
    reason: `${text}: ${answers[answer]}`,
  }
  for (const warning of system.recordAudit(event, isGranted, now())) reporter.warn(warning)
}
