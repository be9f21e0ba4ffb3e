/** Tells the operator's own program of every failure (§16.22): one JSON document on its standard input. */
import { reasonOf } from '../native/errors.ts'
import type { Children, Sink } from './child.ts'
import type { Logger } from './model.ts'

/** What went wrong. Its keys are those of the document. */
export interface Failed {
  readonly farm_id: string
  /** RFC 3339 UTC. */
  readonly time: string
  readonly what: 'build' | 'publish' | 'upload' | 'resign' | 'quarantine'
  readonly error: string
  readonly recipe?: string
  readonly version?: string
  readonly tag?: string
  /** How often in a row. */
  readonly failures?: number
}

export interface Notifier {
  /** Returns at once. */
  tell(failed: Failed): void
  /** Resolves when all that was told has been passed on. */
  idle(): Promise<void>
}

/** Milliseconds. */
const LIMIT = 60_000

/** More that wait are not passed on: the program hangs, and the log has them. */
const MOST = 100

export function createNotifier(
  children: Children,
  command: readonly string[],
  output: { readonly stdout: Sink; readonly stderr: Sink },
  log: Logger,
): Notifier {
  let waiting = 0
  let last: Promise<void> = Promise.resolve()
  const [program, ...args] = command
  const pass = async (failed: Failed) => {
    if (program === undefined) return
    try {
      await children.run({ program, args, ...output, input: `${JSON.stringify(failed)}\n`, limit: LIMIT })
    } catch (error) {
      log.warn('notify command failed', { err: reasonOf(error) })
    } finally {
      waiting -= 1
    }
  }
  return {
    tell(failed) {
      if (program === undefined || waiting >= MOST) return
      waiting += 1
      last = last.then(() => pass(failed))
    },
    idle: () => last,
  }
}
