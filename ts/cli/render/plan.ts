/** A plan as people read it (file 7; the texts are kept stable for scripts). */
import { escapeText } from '../../native/escape.ts'
import type { KeptBackLine, MarkLine, PlanLine, ShownPlan } from '../../operations/shown-plan.ts'
import { renderOverrides } from './overrides.ts'
import { formatSize, signedSize } from './size.ts'

export function renderPlan(plan: ShownPlan): string {
  const lines = [
    'the following changes will be made:',
    ...plan.lines.map(planLine),
    ...plan.marks.map(markLine),
    ...plan.keptBack.map(keptBackLine),
    ...renderOverrides(plan.overrides).split('\n').slice(0, -1),
    ...plan.elevated.map(({ text }) => `  ! elevated: ${escapeText(text)}`),
    ...(plan.lines.length === 0 && plan.marks.length > 0
      ? []
      : [`download ${formatSize(plan.download)}, disk ${signedSize(plan.disk)}`]),
    ...plan.notes.map((text) => `note: ${escapeText(text)}`),
    ...renderSuggestions(plan),
  ]
  return `${lines.join('\n')}\n`
}

/** What is said when there is nothing to do, besides that. */
export function renderKeptBack(plan: ShownPlan): string {
  return plan.keptBack.map((kept) => `${keptBackLine(kept)}\n`).join('')
}

function keptBackLine({ name, version, why }: KeptBackLine): string {
  return line('keep back', `${name} ${version}`, why)
}

/** `  hold       nginx 1.27.5-1`, `  mark       nginx 1.27.5-1  (explicit)`. */
function markLine({ action, name, version }: MarkLine): string {
  const [verb = action, reason] = action.split('-')
  return line(verb, `${name} ${version}`, reason)
}

function renderSuggestions(plan: ShownPlan): readonly string[] {
  return plan.suggestions.map(({ name, constraint, by }) => {
    const wanted = constraint === null ? name : `${name} ${constraint}`
    return `suggestion: ${escapeText(wanted)} (for ${escapeText(by)})`
  })
}

/** `  upgrade    zlib 1.3.1-1 -> 1.3.2-1`. */
export function planLine(step: PlanLine): string {
  const versions = [step.from, step.to].filter((version) => version !== null)
  const shown = step.action === 'reinstall' ? versions.slice(-1) : versions
  return line(step.action, `${step.name} ${shown.join(' -> ')}`, remark(step))
}

function line(verb: string, subject: string, why: string | undefined): string {
  const text = `  ${verb.padEnd(9)}  ${escapeText(subject)}`
  return why === undefined ? text : `${text}  (${escapeText(why)})`
}

function remark({ local, cause }: PlanLine): string | undefined {
  if (local) return 'local file'
  switch (cause?.kind) {
    case 'replaced':
      return `replaced by ${cause.by ?? ''}`
    case 'conflict':
      return `conflicts with ${cause.by ?? ''}`
    case 'dependent':
      return 'needs what is removed'
    case 'unneeded':
      return 'no longer needed'
    default:
      return undefined
  }
}
