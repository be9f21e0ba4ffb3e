/** Removes what was installed for others and serves nobody any more. */
import type { Settings } from '../config/settings.ts'
import { type ChangeOptions, type ChangeReport, change, openChange } from './change.ts'
import type { Target } from './make-plan.ts'
import type { Session } from './session.ts'

export async function autoremove(options: ChangeOptions, session: Session): Promise<ChangeReport> {
  const context = await openChange(options, session)
  return await change([autoremoveTarget(context.settings)], context, session)
}

/** What may not leave the system is needed, whoever installed it. */
export function autoremoveTarget({ critical }: Settings): Extract<Target, { readonly kind: 'autoremove' }> {
  return { kind: 'autoremove', keep: ['peipkg', ...critical] }
}
