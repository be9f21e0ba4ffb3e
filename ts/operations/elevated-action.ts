/** What an elevated action is (PSD-009 §7.6.6), whoever asks for it. */
import type { OverrideReview } from '../native/system.ts'
import type { ElevatedAction as PlannedAction } from '../resolver/plan.ts'

export interface ElevatedAction {
  readonly kind: ElevatedKind
  /** The packages or repositories concerned, by name; may be empty. */
  readonly subjects: readonly string[]
  /** The sentence that the operator answers to, without full stop. */
  readonly text: string
}

type ElevatedKind =
  | PlannedAction['kind']
  | 'stale-trust'
  | 'insecure-transport'
  | 'security-descriptor'
  | 'clock'
  | 'recovery'

/** `refused`: a person said no. `unauthorised`: there was nobody to ask. */
export type Authorisation = 'granted' | 'refused' | 'unauthorised'

/** The resolver's actions in the general shape. */
export function plannedActions(actions: readonly PlannedAction[]): readonly ElevatedAction[] {
  return actions.map(({ kind, packages, text }) => ({ kind, subjects: packages, text }))
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
