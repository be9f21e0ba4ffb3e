/** Puts back what is damaged, as one transaction, out of the packages it came from. */
import type { VerifyReport } from '../native/system.ts'
import type { ChangeOptions, ChangeReport } from './change.ts'
import { reinstall } from './reinstall.ts'
import type { Session } from './session.ts'

type Problem = VerifyReport['problems'][number]

/** Configuration that somebody changed is not damage, and what cannot be read may be whole. */
function isDamage({ path, kind }: Problem): boolean {
  if (kind === 'unreadable') return false
  return kind === 'missing' || kind === 'not-a-directory' || !path.startsWith('etc/')
}

/** Fetches the packages that lost something, and replaces what differs; undefined where nothing is damaged. */
export async function repair(
  problems: readonly Problem[],
  options: ChangeOptions,
  session: Session,
): Promise<ChangeReport | undefined> {
  const damaged = problems.filter(isDamage).map((problem) => problem.package)
  const names = [...new Set(damaged)].sort()
  return names.length === 0 ? undefined : await reinstall(names, options, session)
}
