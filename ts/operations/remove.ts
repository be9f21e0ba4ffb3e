/** Removes packages, and with `cascade` what depends on them (PSD-009 §7.3). */
import { type ChangeOptions, type ChangeReport, change, openChange } from './change.ts'
import type { Session } from './session.ts'

export async function remove(
  names: readonly string[],
  options: ChangeOptions,
  session: Session,
): Promise<ChangeReport> {
  const targets = names.map((name) => ({ kind: 'remove' as const, name }))
  return await change(targets, await openChange(options, session), session)
}
