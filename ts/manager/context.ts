/** What every part of one manager works with; made once, by `cli/peipkg-manager/run.ts`. */

import type { ManagerConfiguration } from '../config/manager-configuration.ts'
import type { ArchiveReader } from './archive.ts'
import type { BuildLogs } from './build-log.ts'
import type { Children, Sink } from './child.ts'
import type { Failures } from './failures.ts'
import type { PublicKeys } from './grants.ts'
import type { History } from './history.ts'
import type { Clock, InFlight, Logger } from './model.ts'
import type { Notifier } from './notify.ts'
import type { StateDirectory } from './state-directory.ts'

export interface Context {
  readonly settings: ManagerConfiguration
  readonly state: StateDirectory
  readonly programs: Programs
  readonly publicKeys: PublicKeys
  readonly children: Children
  readonly clock: Clock
  readonly log: Logger
  /** Where the output of children goes, beside their logs. */
  readonly output: { readonly stdout: Sink; readonly stderr: Sink }
  readonly archive: ArchiveReader
  readonly failures: Failures
  readonly logs: BuildLogs
  readonly history: History
  readonly notifier: Notifier
  readonly counters: Counters
}

/** Absolute paths, found once, so that a later change of PATH redirects nothing (§4). */
export interface Programs {
  readonly build: string
  readonly repo: string
}

/** Since the start of the process. */
interface Counters {
  attempted: number
  succeeded: number
  inFlight: InFlight | undefined
}
