/** The JSON document of change commands: `{plan, result}` (docs/schemas/change.schema.json). */
import type { ChangeReport } from '../../operations/change.ts'
import type { ShownPlan } from '../../operations/shown-plan.ts'

export function changeDocument(report: ChangeReport): unknown {
  const applied = report.outcome === 'applied' ? report : undefined
  return {
    plan: planDocument(report.plan),
    result: {
      outcome: report.outcome,
      transaction: applied?.transaction ?? null,
      operations: applied?.operations ?? 0,
      notes: applied?.notes ?? [],
    },
  }
}

/** Security descriptors that a package of a local file overrides. */
function overrideDocument(review: ShownPlan['overrides'][number]): unknown {
  const { outside, canApply, overrides } = review
  return {
    ...{ package: review.package, version: review.version, repository: review.repository ?? null },
    ...{ outside, can_apply: canApply },
    paths: overrides.map(({ path, owner, group, entries, sddl, difference }) => ({
      ...{ path: `/${path}`, owner: owner ?? null, group: group ?? null, entries, sddl },
      difference: difference ?? null,
    })),
  }
}

function planDocument(plan: ShownPlan): unknown {
  return {
    changes: plan.lines,
    marks: plan.marks,
    kept_back: plan.keptBack,
    elevated: plan.elevated.map(({ text }) => text),
    overrides: plan.overrides.map(overrideDocument),
    suggestions: plan.suggestions,
    modified: plan.modified.map((path) => `/${path}`),
    notes: plan.notes,
    warnings: plan.warnings,
    download_size: plan.download,
    disk_change: plan.disk,
  }
}
