/** Installs the requested packages and all that they need, as one transaction (PSD-009 §7.1). */
import { matchesConstraint } from '../native/identity.ts'
import { archivesUnless } from './archives.ts'
import {
  type ChangeContext,
  type ChangeOptions,
  type ChangeReport,
  change,
  openChange,
  refuseLocalFiles,
} from './change.ts'
import { matchingVersions, type Target } from './make-plan.ts'
import type { Session } from './session.ts'

export interface InstallOptions extends ChangeOptions {
  /** What is installed already is put in place again, in the same version. */
  readonly reinstall?: boolean
}

export async function install(
  targets: readonly Target[],
  options: InstallOptions,
  session: Session,
): Promise<ChangeReport> {
  const context = await openChange(options, session)
  refuseLocalFiles(targets, context.settings)
  const wanted = options.reinstall === true ? reinstallTargets(targets, session) : targets
  const archives = await archivesFor(wanted, context, session)
  return await change(wanted, { ...context, archives }, session)
}

/** The targets of `install --reinstall`: those that are installed, in the version asked for, are put in place again. */
function reinstallTargets(targets: readonly Target[], { system }: Session): readonly Target[] {
  return targets.map((target) => {
    if (target.kind !== 'install') return target
    const installed = system.findPackage(target.name)
    if (installed === null) return target
    const { name, version, architecture } = installed
    if (target.version !== null && !matchesConstraint(version, `= ${target.version}`)) return target
    return { kind: 'reinstall', name, version, architecture }
  })
}

/** `NAME=VERSION`, or the version to reinstall or to go back to, that no active index offers is looked for in the archive indexes. */
export async function archivesFor(
  targets: readonly Target[],
  context: ChangeContext,
  session: Session,
): Promise<readonly string[]> {
  const versioned = targets.flatMap((target) => {
    if (target.kind !== 'install' && target.kind !== 'downgrade' && target.kind !== 'reinstall') return []
    const { kind, name, version } = target
    return version === null ? [] : [{ name, version, again: kind === 'reinstall' }]
  })
  if (versioned.length === 0) return []
  return await archivesUnless(
    (view) =>
      versioned.every(({ name, version, again }) =>
        matchingVersions(view, name, version).some(
          (id) => !again || view.candidates[id]?.source === 'repository',
        ),
      ),
    versioned.map(({ name }) => name),
    context,
    session,
  )
}
