/** A session for commands that read repositories only when asked to: loaded then. Nothing moves on the terminal. */
import type { System } from '../../native/system.ts'
import type { Session } from '../../operations/session.ts'
import type { ProgramContext } from '../command.ts'
import { catchSignals } from '../signals.ts'
import { reporter } from './reporter.ts'

const still = { update: () => undefined, clear: () => undefined }

export function querySession(system: System, context: ProgramContext, json: boolean): Session {
  const { signal } = catchSignals()
  const { io, program, argv } = context
  return {
    system,
    reporter: reporter(io, program, { yes: false, json, display: still, signal }),
    signal,
    commandLine: [program, ...argv].join(' '),
    now: () => Math.floor(Date.now() / 1000),
  }
}
