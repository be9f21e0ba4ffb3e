/** Rolls an interrupted transaction back, or finishes one that had been committed (PSD-009 §7.4.7). */
import type { Session } from './session.ts'
import { runSideEffects } from './side-effects.ts'

export interface RecoverReport {
  readonly outcome: 'nothing' | 'rolled-back' | 'finished'
  readonly transaction: number | null
  readonly notes: readonly string[]
}

/** What the next transaction would do at its start, on request; runs the side effects that are still owed. */
export async function recover(waitSeconds: number | null, session: Session): Promise<RecoverReport> {
  const { system, reporter, commandLine } = session
  const recovery = await system.recover(commandLine, waitSeconds ?? undefined, session.now())
  const { id, outcome } = recovery
  if (outcome === 'committed') throw new RangeError('a recovery commits nothing')
  for (const text of recovery.warnings) reporter.warn(text)
  const effects = await runSideEffects(system.root, recovery.sideEffects(), (id, version) =>
    recovery.sideEffectDone(id, version),
  )
  for (const text of effects.warnings) reporter.warn(text)
  await recovery.finish()
  return { outcome, transaction: outcome === 'nothing' ? null : id, notes: effects.notes }
}
