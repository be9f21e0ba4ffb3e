/** Moves installed packages forward to the newest version that their repositories offer (PSD-009 §7.2). */
import { type ChangeOptions, type ChangeReport, change, openChange } from './change.ts'
import type { Session } from './session.ts'

/** Without names: everything, following `replaces` too. */
export async function upgrade(
  names: readonly string[],
  options: ChangeOptions,
  session: Session,
): Promise<ChangeReport> {
  const named = names.map((name) => ({ kind: 'upgrade' as const, name }))
  const targets = named.length > 0 ? named : [{ kind: 'upgrade-all' as const }]
  return await change(targets, await openChange(options, session), session)
}
