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

function planDocument(plan: ShownPlan): unknown {
  return {
    changes: plan.lines,
    marks: plan.marks,
    kept_back: plan.keptBack,
    elevated: plan.elevated.map(({ text }) => text),
    suggestions: plan.suggestions,
    modified: plan.modified.map((path) => `/${path}`),
    notes: plan.notes,
    warnings: plan.warnings,
    download_size: plan.download,
    disk_change: plan.disk,
  }
}
