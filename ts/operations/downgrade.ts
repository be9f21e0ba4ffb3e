/** Moves one package backward, to a version that an active or an archive index offers (PSD-009 §7.2). */
import { PeiError } from '../native/errors.ts'
import { compareVersions } from '../native/identity.ts'
import type { UniverseView } from '../native/system.ts'
import { archivesUnless } from './archives.ts'
import { type ChangeOptions, type ChangeReport, change, openChange } from './change.ts'
import { olderVersions } from './make-plan.ts'
import type { Session } from './session.ts'

/** A `version` without revision means its highest revision on offer. Throws PEI_NOT_FOUND, PEI_NOT_OLDER. */
export async function downgrade(
  name: string,
  version: string,
  options: ChangeOptions,
  session: Session,
): Promise<ChangeReport> {
  const installed = session.system.findPackage(name)
  if (installed === null) throw new PeiError('PEI_NOT_FOUND', `"${name}" is not installed`)
  const refused = notOlder(name, version, installed.version)
  if (refused !== undefined) throw refused
  const context = await openChange(options, session)
  const isOffered = (view: UniverseView) => olderVersions(view, name, version).length > 0
  const archives = await archivesUnless(isOffered, [name], context, session)
  return await change([{ kind: 'downgrade', name, version }], { ...context, archives }, session)
}

/** Points to where a version leads that is not older; one without revision may have an older one. */
function notOlder(name: string, version: string, installed: string): PeiError | undefined {
  const revision = /-[1-9]\d*$/.test(version) ? '' : '-1'
  if (compareVersions(`${version}${revision}`, installed) < 0) return undefined
  return new PeiError(
    'PEI_NOT_OLDER',
    `${name} ${installed} is installed, and ${version} is not older (use: peipkg upgrade ${name}, or peipkg install ${name}=${version})`,
  )
}
