/** Compares the files on disk with what the database recorded. */
import { PeiError } from '../native/errors.ts'
import type { VerifyReport } from '../native/system.ts'
import { cancellable, completing } from '../native/task.ts'
import type { Session } from './session.ts'

/** Without names: every package. `quick`: size and time only. Throws PEI_NOT_FOUND. */
export async function verify(
  names: readonly string[],
  quick: boolean,
  session: Session,
): Promise<VerifyReport> {
  const { system, reporter, signal } = session
  const installed = new Set(system.listPackages().map(({ name }) => name))
  const missing = names.find((name) => !installed.has(name))
  if (missing !== undefined) throw new PeiError('PEI_NOT_FOUND', `"${missing}" is not installed`)
  return await completing(reporter.progress, (progress) =>
    cancellable(signal, (token) =>
      system.verifyInstalled(names.length === 0 ? null : names, quick, progress, token),
    ),
  )
}
