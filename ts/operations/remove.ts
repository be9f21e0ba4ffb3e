/** Removes packages, and with `cascade` what depends on them (PSD-009 §7.3). */
import { autoremoveTarget } from './autoremove.ts'
import { type ChangeOptions, type ChangeReport, change, openChange } from './change.ts'
import type { Target } from './make-plan.ts'
import type { Session } from './session.ts'

/** `sweep`: afterwards also what serves nobody any more, as `autoremove` would. */
export async function remove(
  names: readonly string[],
  sweep: boolean,
  options: ChangeOptions,
  session: Session,
): Promise<ChangeReport> {
  const context = await openChange(options, session)
  const targets = names.map((name): Target => ({ kind: 'remove', name }))
  return await change(sweep ? [...targets, autoremoveTarget(context.settings)] : targets, context, session)
}
