/** Security-descriptor overrides (PSD-009 §3.4.7): shown before anything is applied, and asked about where that is needed. */
import type { RepositoryConfiguration } from '../config/repository-file.ts'
import type { Settings } from '../config/settings.ts'
import type { OverrideAgreement, OverrideReview, RequestedOperation, Universe } from '../native/system.ts'
import { cancellable } from '../native/task.ts'
import type { Session } from './session.ts'

interface ReviewContext {
  readonly repositories: readonly RepositoryConfiguration[]
  readonly limits: Settings['limits']
}

/** The packages among `operations` that override security descriptors; each file is verified on the way. */
export function reviewOverrides(
  universe: Universe,
  operations: readonly RequestedOperation[],
  { repositories, limits }: ReviewContext,
  session: Session,
): Promise<readonly OverrideReview[]> {
  const request = {
    operations: [...operations],
    allowed: allowedSids(repositories),
    limits: Object.entries(limits).map(([name, value]) => ({ name, value })),
    now: session.now(),
  }
  return cancellable(session.signal, (token) => session.system.reviewOverrides(universe, request, token))
}

/** For the core, once all that was shown is agreed to. */
export function agreementOn(
  reviews: readonly OverrideReview[],
  repositories: readonly RepositoryConfiguration[],
): OverrideAgreement {
  const digests = reviews.map(({ sha256 }) => sha256)
  return { allowed: allowedSids(repositories), shown: digests, granted: digests, unapplied: digests }
}

function allowedSids(repositories: readonly RepositoryConfiguration[]): OverrideAgreement['allowed'] {
  return repositories.flatMap(({ name, sdAllowSids }) =>
    sdAllowSids.length === 0 ? [] : [{ repository: name, sids: [...sdAllowSids] }],
  )
}
