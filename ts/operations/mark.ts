/** Holds, and the reasons of installed packages: changes of what is recorded, as transactions of their own. */
import { readSettings } from '../repository/configured.ts'
import { type ChangeOptions, type ChangeReport, change } from './change.ts'
import type { Target } from './make-plan.ts'
import type { Session } from './session.ts'

/** No repository is looked at: nothing is chosen. */
export async function mark(
  targets: readonly Target[],
  options: ChangeOptions,
  session: Session,
): Promise<ChangeReport> {
  const settings = await readSettings(session.system)
  return await change(
    targets,
    { options, settings, repositories: [], archives: [], elevated: session.assumed ?? [] },
    session,
  )
}
