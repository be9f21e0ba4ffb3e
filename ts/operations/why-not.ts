/** What prevents an install or an upgrade, asked of the resolver as it would be asked then. */
import { PeiError } from '../native/errors.ts'
import { matchesConstraint } from '../native/identity.ts'
import { readSettings } from '../repository/configured.ts'
import type { Rejection } from '../resolver/plan.ts'
import { askResolver, type Target } from './make-plan.ts'
import { openRepositories, withoutRepositories } from './open-repositories.ts'
import type { Session } from './session.ts'
import { type PlanLine, showPlan } from './shown-plan.ts'

export type WhyNot =
  /** It is there, in the version asked about or the newest that its repository offers. */
  | { readonly answer: 'installed'; readonly version: string; readonly held: boolean }
  /** It could be put in place, and the plan would be this one. */
  | { readonly answer: 'possible'; readonly held: boolean; readonly changes: readonly PlanLine[] }
  | { readonly answer: 'prevented'; readonly rejection: Rejection }

/** Of an installed package without version: why it is not upgraded. Throws PEI_NOT_FOUND. */
export async function whyNot(name: string, version: string | null, session: Session): Promise<WhyNot> {
  const installed = session.system.findPackage(name)
  const held = installed?.held ?? false
  if (installed !== null && version !== null && matchesConstraint(installed.version, `= ${version}`)) {
    return { answer: 'installed', version: installed.version, held }
  }
  const isUpgrade = installed !== null && version === null
  const target: Target = isUpgrade ? { kind: 'upgrade', name } : { kind: 'install', name, version }
  const repositories = await openRepositories(session)
  const settings = await readSettings(session.system)
  const { resolution, view } = await askResolver(
    {
      ...{ targets: [target], cascade: false, skipBroken: false, stepLimit: settings.resolverSteps },
      // What was fetched of the archive before is looked at too.
      archives: version === null ? [] : repositories.map((repository) => repository.name),
    },
    repositories,
    session,
  )
  if (resolution.kind === 'rejection') {
    const isUnknown = view.candidates.every((candidate) => candidate.name !== name)
    if (resolution.code === 'PEI_RESOLVE_NOT_FOUND' && isUnknown) {
      const hint = withoutRepositories(session)
      throw new PeiError('PEI_NOT_FOUND', hint ?? `no configured repository offers "${name}"`)
    }
    return { answer: 'prevented', rejection: resolution }
  }
  if (installed !== null && resolution.steps.length === 0) {
    return { answer: 'installed', version: installed.version, held }
  }
  // What there is to fetch is not asked.
  const areCached = () => []
  return {
    answer: 'possible',
    held,
    changes: showPlan(resolution, view, { areCached, modified: [], elevated: [], overrides: [] }).lines,
  }
}
