/** What the commands of `peipkg` share: the root, the session, and the warning about a root that needs a person. */
import { resolve } from 'node:path'
import { Option } from 'clipanion'
import { System } from '../../native/system.ts'
import type { Session } from '../../operations/session.ts'
import { ProgramCommand } from '../command.ts'
import { warningLine } from '../report-error.ts'
import { catchSignals } from '../signals.ts'
import { parseChoice, parseWholeNumber } from '../values.ts'
import type { ProgressMode } from './progress.ts'
import { reporter } from './reporter.ts'

export abstract class PeipkgCommand extends ProgramCommand {
  readonly root = Option.String('--root', '/', { description: '<dir> the root to work below (/)' })

  /** Queries read and print; nothing is locked, nothing fetched. */
  protected openSystem(): System {
    return new System(resolve(this.root))
  }

  protected printJson(document: unknown): void {
    this.print(JSON.stringify(document))
  }

  protected warn(text: string): void {
    this.program.io.stderr.write(warningLine(this.program.program, text))
  }

  /** Reads go on below a root that cannot be brought to rest, and say so (PSD-009 §7.5). */
  protected warnIfUnsettled(system: System): void {
    const { indeterminate } = system.status()
    if (indeterminate === null) return
    const { transaction, paths } = indeterminate
    this.warn(
      `transaction ${transaction} could be neither finished nor rolled back: ${paths.length} path(s) are in doubt (run: peipkg recover)`,
    )
  }

  /** From here on signals cancel instead of ending the process. */
  protected openSession(options: { readonly yes: boolean; readonly json: boolean }): Session {
    const { signal } = catchSignals()
    const { io, program, argv } = this.program
    return {
      system: this.openSystem(),
      reporter: reporter(io, program, { ...options, progress: this.progressMode(), signal }),
      signal,
      commandLine: [program, ...argv],
      now: () => Math.floor(Date.now() / 1000),
    }
  }

  /** Overridden by commands that take `--progress`. */
  protected progressMode(): ProgressMode | undefined {
    return undefined
  }
}

const progressModes: readonly ProgressMode[] = ['bar', 'plain', 'json']

export function parseProgress(text: string | undefined): ProgressMode | undefined {
  return text === undefined ? undefined : parseChoice('progress', text, progressModes)
}

/** `--wait` → for ever (0), `--wait=30` → 30 seconds, without it (or `--wait=0`) → fail at once (null). */
export function parseWait(wait: string | boolean | undefined): number | null {
  if (wait === undefined || wait === false) return null
  if (wait === true) return 0
  const seconds = parseWholeNumber('wait', wait, 0, 31_536_000)
  return seconds === 0 ? null : seconds
}
