/** Security-descriptor overrides (PSD-009 §3.4.7): shown before anything is applied, and asked about where that is needed. */
import type { RepositoryConfiguration } from '../config/repository-file.ts'
import type { Settings } from '../config/settings.ts'
import type { OverrideAgreement, OverrideReview, RequestedOperation, Universe } from '../native/system.ts'
import { cancellable } from '../native/task.ts'
import type { ElevatedAction } from './authorise.ts'
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

/** What an operator must authorise before these packages may be put in place. */
export function overrideActions(reviews: readonly OverrideReview[]): readonly ElevatedAction[] {
  return reviews.flatMap((review): ElevatedAction[] => {
    const { outside, canApply, overrides } = review
    const subject = `${review.package} ${review.version} from ${review.repository ?? 'a local file'}`
    const action = (text: string): ElevatedAction => ({
      ...{ kind: 'security-descriptor', subjects: [review.package] },
      text: `${subject} ${text}`,
    })
    return [
      ...(outside.length === 0
        ? []
        : [action(`would let in ${outside.join(', ')} by its security descriptors`)]),
      ...(canApply
        ? []
        : [
            action(
              `would be installed without its ${overrides.length} security descriptor override(s), which this kernel cannot apply: they would only be recorded`,
            ),
          ]),
    ]
  })
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
