/** What the commands share that do more than read the database: signals, progress, questions. */
import { asPeiError, PeiError } from '../../native/errors.ts'
import type { Authorisation } from '../../operations/elevated-action.ts'
import type { Session } from '../../operations/session.ts'
import { builtAt } from '../built-at.ts'
import { errorLines } from '../report-error.ts'
import { catchSignals } from '../signals.ts'
import { parseChoice, parseTimestamp, parseWholeNumber } from '../values.ts'
import { PeipkgCommand } from './peipkg-command.ts'
import { type ProgressDisplay, type ProgressMode, progressDisplay } from './progress.ts'
import { reporter } from './reporter.ts'

/** Of file 7, wherever an elevated action was not granted. */
export const unauthorised = 'cancelled — required authorisation was not given'

export abstract class SessionCommand extends PeipkgCommand {
  #display: ProgressDisplay | undefined

  /** From here on signals cancel instead of ending the process. */
  protected openSession(options: { readonly yes: boolean; readonly json: boolean }): Session {
    const { signal } = catchSignals()
    const { io, program, argv } = this.program
    const display = progressDisplay(this.progressMode(), io.stderr)
    this.#display = display
    return {
      system: this.openSystem(),
      reporter: reporter(io, program, { ...options, display, signal }),
      signal,
      commandLine: [program, ...argv].join(' '),
      now: () => Math.floor(Date.now() / 1000),
      builtAt,
    }
  }

  override async execute(): Promise<number> {
    try {
      return await this.run()
    } catch (error) {
      throw this.pointingAtWait(error)
    } finally {
      this.#display?.clear()
    }
  }

  /** Whoever may wait for the lock and did not hears how. */
  private pointingAtWait(error: unknown): unknown {
    const known = asPeiError(error)
    if (known?.code !== 'PEI_LOCKED' || !('wait' in this) || this.wait !== undefined) return error
    return new PeiError('PEI_LOCKED', `${known.message} (--wait waits until it ends)`, { cause: error })
  }

  /** The moving line makes room for what stays. */
  protected override printText(text: string): void {
    this.#display?.clear()
    super.printText(text)
  }

  /** Error lines that do not end the command. */
  protected fail(text: string): void {
    this.#display?.clear()
    this.program.io.stderr.write(errorLines(this.program.program, text))
  }

  /** An elevated action was not granted: a person's refusal is no failure; where there was nobody to ask it is. */
  protected notAuthorised(answer: Exclude<Authorisation, 'granted'>, json: boolean): number {
    if (json) throw new PeiError('PEI_AUTH_REQUIRED', unauthorised)
    this.print(unauthorised)
    return answer === 'refused' ? 0 : 1
  }

  /** As `session`, but at the time that `--clock` tells; the answer of whoever did not authorise that. */
  protected async withClock(
    session: Session,
    time: string | undefined,
    dryRun: boolean,
  ): Promise<Session | Exclude<Authorisation, 'granted'>> {
    if (time === undefined) return session
    const { overrideClock } = await import('../../operations/clock.ts')
    return await overrideClock(Date.parse(parseTimestamp('--clock', time)) / 1000, dryRun, session)
  }

  /** Overridden by commands that take `--progress`. */
  protected progressMode(): ProgressMode | undefined {
    return undefined
  }
}

/** What `--clock` says of itself, wherever it is taken. */
export const clockDescription =
  '<time> the UTC time to go by, where the system clock is wrong; takes an authorisation'

const progressModes: readonly ProgressMode[] = ['bar', 'plain', 'json']

export function parseProgress(text: string | undefined): ProgressMode | undefined {
  return text === undefined ? undefined : parseChoice('--progress', text, progressModes)
}

/** `--wait` → for ever (0), `--wait=30` → 30 seconds, without it (or `--wait=0`) → fail at once (null). */
export function parseWait(wait: string | boolean | undefined): number | null {
  if (wait === undefined || wait === false) return null
  if (wait === true) return 0
  const seconds = parseWholeNumber('--wait', wait, 0, 31_536_000)
  return seconds === 0 ? null : seconds
}
