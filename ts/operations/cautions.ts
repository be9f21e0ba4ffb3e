/** What a plan must say and ask because of the trust that it leans on: stale repositories, orphaned packages (file 4). */
import { PeiError } from '../native/errors.ts'
import type { OrphanReason } from '../repository/orphans.ts'
import type { ElevatedAction } from './elevated-action.ts'
import type { StaleRepository, Trust } from './examine-trust.ts'
import type { Planned, Target } from './make-plan.ts'
import type { PlanLine, ShownPlan } from './shown-plan.ts'

/** Throws PEI_RESOLVE_NOT_FOUND when an orphan that nobody offers was to be upgraded. */
export function withCautions(
  planned: Planned,
  targets: readonly Target[],
  { stale, newlyInsecure, orphanReason }: Trust,
): Planned {
  const { shown } = planned
  refuseOrphans(targets, planned, orphanReason)
  return {
    ...planned,
    shown: {
      ...shown,
      elevated: [
        ...staleActions(shown, planned, stale),
        ...newlyInsecure.filter(({ subjects }) => subjects.some((name) => isUsed(name, shown))),
        ...shown.elevated,
      ],
      keptBack: [...shown.keptBack, ...keptOrphans(shown, targets, planned, orphanReason)],
      warnings: [...shown.warnings, ...orphanWarnings(shown, planned, orphanReason)],
    },
  }
}

const isUsed = (name: string, { lines }: ShownPlan): boolean =>
  lines.some(({ repository }) => repository === name)

/** A stale repository matters when a package comes from it, or from a weaker one because it had nothing newer to say. */
function staleActions(
  { lines }: ShownPlan,
  { view }: Planned,
  stale: readonly StaleRepository[],
): readonly ElevatedAction[] {
  const priorities = new Map(view.repositories.map(({ name, priority }) => [name, priority]))
  const used = lines.flatMap(({ repository }) => (repository === null ? [] : [repository]))
  return stale
    .filter(({ name, priority }) =>
      used.some((origin) => origin === name || (priorities.get(origin) ?? 0) > priority),
    )
    .map(({ name, reason }) => ({
      kind: 'stale-trust',
      subjects: [name],
      text: `the repository "${name}" would be relied upon although it ${reason}`,
    }))
}

function refuseOrphans(targets: readonly Target[], { view }: Planned, reasonFor: OrphanReason): void {
  for (const target of targets) {
    if (target.kind !== 'upgrade') continue
    const named = view.candidates.filter(({ name }) => name === target.name)
    const origin = named.find(({ source }) => source === 'installed')?.origin ?? null
    const reason = reasonFor(origin)
    if (reason === null || named.some(({ source }) => source === 'repository')) continue
    throw new PeiError(
      'PEI_RESOLVE_NOT_FOUND',
      `${target.name} is orphaned: ${reason}, and no configured repository offers it`,
    )
  }
}

/** An upgrade of everything leaves orphans as they are, until a configured repository offers them. */
function keptOrphans(
  { lines }: ShownPlan,
  targets: readonly Target[],
  { view }: Planned,
  reasonFor: OrphanReason,
): ShownPlan['keptBack'] {
  if (!targets.some(({ kind }) => kind === 'upgrade-all')) return []
  const planned = new Set(lines.map(({ name }) => name))
  const offered = new Set(
    view.candidates.flatMap(({ source, name }) => (source === 'repository' ? [name] : [])),
  )
  return view.candidates.flatMap(({ source, name, version, origin }) => {
    const isKept = source === 'installed' && !planned.has(name) && !offered.has(name)
    return isKept && reasonFor(origin) !== null ? [{ name, version, why: 'orphaned', explanation: [] }] : []
  })
}

/** Every operation on an orphan says what it is. */
function orphanWarnings({ lines }: ShownPlan, { view }: Planned, reasonFor: OrphanReason): readonly string[] {
  const installed = view.candidates.filter(({ source }) => source === 'installed')
  const origins = new Map(installed.map(({ name, origin }) => [name, origin]))
  return lines.flatMap(({ name }: PlanLine) => {
    const reason = reasonFor(origins.get(name) ?? null)
    return reason === null ? [] : [`${name} is orphaned: ${reason}`]
  })
}
