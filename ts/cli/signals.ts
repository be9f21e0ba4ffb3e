/** Turns the signals that end a program into one abort, so that work stops where it may and cleans up. */

/** What `catchSignals` listens for. The exit codes are report-error's. */
const ending: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP']

let received: NodeJS.Signals | undefined

export interface CaughtSignals {
  /** Aborts at the first signal; further ones change nothing. */
  readonly signal: AbortSignal
  /** Gives the signals back their default, which ends the process. */
  release(): void
}

export function catchSignals(): CaughtSignals {
  const controller = new AbortController()
  const listener = (name: NodeJS.Signals) => {
    received ??= name
    controller.abort()
  }
  for (const name of ending) process.on(name, listener)
  return {
    signal: controller.signal,
    release() {
      for (const name of ending) process.removeListener(name, listener)
    },
  }
}

/** The first signal that was caught in this process. */
export function receivedSignal(): NodeJS.Signals | undefined {
  return received
}
