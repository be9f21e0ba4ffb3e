/** Makes the system match a list of packages: the explicit set, or with a lock section exactly what that says. */
import type { LockedPackage, PackageList } from '../config/package-list.ts'
import { PeiError } from '../native/errors.ts'
import { compareVersions } from '../native/identity.ts'
import { autoremoveTarget } from './autoremove.ts'
import { type ChangeOptions, type ChangeReport, change, openChange } from './change.ts'
import { archivesFor } from './install.ts'
import type { Planned, Target } from './make-plan.ts'
import type { Session } from './session.ts'

export async function apply(
  list: PackageList,
  options: ChangeOptions,
  session: Session,
): Promise<ChangeReport> {
  const context = await openChange(options, session)
  const { keep } = autoremoveTarget(context.settings)
  if (list.lock === null) {
    const wanted = list.packages.map((name): Target => ({ kind: 'install', name, version: null }))
    const only: Target = { kind: 'only-explicit', names: list.packages, keep }
    return await change([...wanted, only], context, session)
  }
  const { lock } = list
  const targets = lockedTargets(lock, keep, session)
  // Which way a package moves depends on what is installed.
  const retarget = async () => lockedTargets(lock, keep, session)
  const archives = await archivesFor(targets, context, session)
  const check = (planned: Planned) => checkComplete(planned, lock)
  return await change(targets, { ...context, archives, check, retarget }, session)
}

function lockedTargets(
  lock: readonly LockedPackage[],
  keep: readonly string[],
  session: Session,
): readonly Target[] {
  const names = new Set(lock.map(({ name }) => name))
  const installed = session.system.listPackages()
  const present = new Map(installed.map(({ name, version }) => [name, version]))
  const explicit = lock.filter(({ reason }) => reason === 'explicit').map(({ name }) => name)
  const surplus = installed.filter(({ name }) => !names.has(name) && !keep.includes(name))
  return [
    ...lock.map((locked): Target => {
      const { name, version, reason } = locked
      // Older than what is installed: nothing but a downgrade goes there, which takes an authorisation.
      if (compareVersions(version, present.get(name) ?? version) < 0) {
        return { kind: 'downgrade', name, version, locked }
      }
      return { kind: 'install', name, version, asDependency: reason === 'dependency', locked }
    }),
    ...surplus.map(({ name }): Target => ({ kind: 'remove', name })),
    { kind: 'only-explicit', names: explicit, keep: [...names, ...keep] },
  ]
}

/** A lock that leaves out what its packages need is no lock. */
function checkComplete({ plan }: Planned, lock: readonly LockedPackage[]): void {
  const names = new Set(lock.map(({ name }) => name))
  const missing = plan.steps.find((step) => step.kind !== 'remove' && !names.has(step.name))
  if (missing === undefined) return
  throw new PeiError(
    'PEI_RESOLVE_UNSATISFIABLE',
    `the lock section is not complete: its packages need ${missing.name}, which it does not have`,
  )
}
