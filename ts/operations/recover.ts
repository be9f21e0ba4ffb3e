/** Rolls an interrupted transaction back, or finishes one that had been committed (PSD-009 §7.4.7). */
import { asPeiError, reasonOf } from '../native/errors.ts'
import type { Transaction } from '../native/system.ts'
import type { Session } from './session.ts'
import { runSideEffects } from './side-effects.ts'

export interface RecoverReport {
  readonly outcome: 'nothing' | 'rolled-back' | 'finished' | 'accepted'
  readonly transaction: number | null
  /** Paths, from the root, that were neither put back nor are as after the transaction. */
  readonly left: readonly string[]
  readonly notes: readonly string[]
}

/** What the next transaction would do at its start, on request; runs the side effects that are still owed. */
export async function recover(waitSeconds: number | null, session: Session): Promise<RecoverReport> {
  const { system, commandLine } = session
  return await settle(await system.recover(commandLine, waitSeconds ?? undefined, session.now()), session)
}

/**
 * Brings to rest what an interrupted command left where a change has nothing to do, and so begins no transaction that would.
 * Whatever is in the way of that is no failure of the change.
 */
export async function recoverInPassing(session: Session): Promise<void> {
  if (!session.system.status().unclean) return
  try {
    await recover(null, session)
  } catch (error) {
    // Somebody else's transaction is no interrupted one.
    if (asPeiError(error)?.code !== 'PEI_LOCKED') session.reporter.warn(reasonOf(error))
  }
}

/** Runs what is owed, whoever owes it, and releases the lock. */
export async function settle(recovery: Transaction, session: Session): Promise<RecoverReport> {
  const { id, outcome, left } = recovery
  const { system, reporter } = session
  if (outcome === 'committed') throw new RangeError('a recovery commits nothing')
  for (const text of recovery.warnings) reporter.warn(text)
  const effects = await runSideEffects(system.root, recovery.sideEffects(), (effect, version) =>
    recovery.sideEffectDone(effect, version),
  )
  for (const text of effects.warnings) reporter.warn(text)
  for (const text of await recovery.finish()) reporter.warn(text)
  return { outcome, transaction: outcome === 'nothing' ? null : id, left, notes: effects.notes }
}
