/** Several changes in one transaction. */
import type { ChangeOptions, ChangeReport } from './change.ts'
import { install } from './install.ts'
import type { Target } from './make-plan.ts'
import type { Session } from './session.ts'

/** Installs and removals as they come; a version that only an archive index has is looked for there. */
export function doTogether(
  targets: readonly Target[],
  options: ChangeOptions,
  session: Session,
): Promise<ChangeReport> {
  return install(targets, options, session)
}
