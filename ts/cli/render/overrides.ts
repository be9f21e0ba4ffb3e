/** Security-descriptor overrides as people read them: every entry in words and in SDDL, and what inheritance would give. */
import { escapeText } from '../../native/escape.ts'
import type { OverrideReview } from '../../native/system.ts'

type Override = OverrideReview['overrides'][number]

export function renderOverrides(reviews: readonly OverrideReview[]): string {
  const lines = reviews.flatMap((review) => [
    `${review.package} ${review.version} overrides security descriptors:`,
    ...review.overrides.flatMap((override) => overrideLines(override).map((line) => `  ${line}`)),
  ])
  return lines.map((line) => `${escapeText(line)}\n`).join('')
}

function overrideLines({ path, owner, group, entries, sddl, difference }: Override): readonly string[] {
  return [
    `/${path}`,
    `  owner ${owner ?? '(as inherited)'}`,
    `  group ${group ?? '(as inherited)'}`,
    ...entries.map((entry) => `  ${entry.words}  ${entry.sddl}`),
    `  as SDDL: ${sddl}`,
    ...differenceLines(difference),
  ]
}

function differenceLines(difference: readonly string[] | undefined): readonly string[] {
  if (difference === undefined)
    return ['  what inheritance would give is not known: this kernel has no security descriptors']
  if (difference.length === 0) return ['  the same as inheritance would give']
  return ['  against what inheritance would give:', ...difference.map((line) => `    ${line}`)]
}
