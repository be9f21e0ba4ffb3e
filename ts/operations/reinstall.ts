/** Puts installed packages in place again, in the same version: what differs on disk is replaced (PSD-009 §7.2). */
import { PeiError } from '../native/errors.ts'
import type { ChangeOptions, ChangeReport } from './change.ts'
import { install } from './install.ts'
import type { Session } from './session.ts'

/** Throws PEI_NOT_FOUND for a name that is not installed. */
export async function reinstall(
  names: readonly string[],
  options: ChangeOptions,
  session: Session,
): Promise<ChangeReport> {
  const missing = names.find((name) => session.system.findPackage(name) === null)
  if (missing !== undefined) throw new PeiError('PEI_NOT_FOUND', `"${missing}" is not installed`)
  const targets = names.map((name) => ({ kind: 'install' as const, name, version: null }))
  return await install(targets, { ...options, reinstall: true }, session)
}
