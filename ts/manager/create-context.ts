/** Puts the parts of one manager together. */
import { formatGoDuration } from '../config/duration.ts'
import type { ManagerConfiguration } from '../config/manager-configuration.ts'
import { createArchiveReader } from './archive.ts'
import { createBuildLogs } from './build-log.ts'
import { createChildren, type Sink } from './child.ts'
import type { Context, Programs } from './context.ts'
import { createFailures } from './failures.ts'
import type { PublicKeys } from './grants.ts'
import { createHistory } from './history.ts'
import type { Clock, Logger } from './model.ts'
import { createNotifier } from './notify.ts'
import type { StateDirectory } from './state-directory.ts'

export interface Parts {
  readonly settings: ManagerConfiguration
  readonly state: StateDirectory
  readonly programs: Programs
  readonly publicKeys: PublicKeys
  readonly clock: Clock
  readonly log: Logger
  readonly output: { readonly stdout: Sink; readonly stderr: Sink }
}

export function createContext(parts: Parts): Context {
  const { settings, state, clock, log, output } = parts
  const children = createChildren(clock, state.identity, formatGoDuration)
  return {
    ...parts,
    children,
    archive: createArchiveReader(state.repo),
    failures: createFailures(),
    logs: createBuildLogs(state.logs, settings.limits.logsPerRecipe),
    history: createHistory(state.history),
    notifier: createNotifier(children, settings.notifyCommand, output, log),
    counters: { attempted: 0, succeeded: 0, inFlight: undefined },
  }
}
