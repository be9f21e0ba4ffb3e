/** Compares the files on disk with what the database recorded. */
import { PeiError } from '../native/errors.ts'
import type { RecordedOverride, VerifyReport } from '../native/system.ts'
import { cancellable, completing } from '../native/task.ts'
import type { Session } from './session.ts'

export interface VerifyResult extends VerifyReport {
  /** Security descriptors that are only recorded. */
  readonly unapplied: readonly RecordedOverride[]
}

/** Without names: every package. `quick`: size and time only. Throws PEI_NOT_FOUND. */
export async function verify(
  names: readonly string[],
  quick: boolean,
  session: Session,
): Promise<VerifyResult> {
  const { system, reporter, signal } = session
  const installed = new Set(system.listPackages().map(({ name }) => name))
  const missing = names.find((name) => !installed.has(name))
  if (missing !== undefined) throw new PeiError('PEI_NOT_FOUND', `"${missing}" is not installed`)
  const unapplied = system
    .overrides()
    .filter((override) => !override.applied && (names.length === 0 || names.includes(override.package)))
  const report = await completing(reporter.progress, (progress) =>
    cancellable(signal, (token) =>
      system.verifyInstalled(names.length === 0 ? null : names, quick, progress, token),
    ),
  )
  return { ...report, unapplied }
}
