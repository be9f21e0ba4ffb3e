/** Cancellation, progress and the few facts about the addon itself. */
import type { CancelToken, OnProgress, ProgressEvent } from '../../index.d.ts'
import { guard } from './addon.ts'

export type { CancelToken, OnProgress, ProgressEvent }

/** A flag that a running native task looks at; setting it twice is harmless. */
export function createCancelToken(): CancelToken {
  return guard((native) => new native.CancelToken())
}

/** The codes of the Rust table, for the test that compares it with codes.ts. */
export function nativeErrorCodes(): readonly string[] {
  return guard((native) => native.errorCodes())
}

/**
 * Runs a task whose progress may lose events (the addon drops them when they come too fast); when it succeeds, every
 * phase that was begun and has a known end is brought to it.
 */
export async function completing<T>(
  progress: OnProgress,
  run: (progress: OnProgress) => Promise<T>,
): Promise<T> {
  const last = new Map<string, ProgressEvent>()
  const result = await run((event) => {
    last.set(`${event.phase}\0${event.item ?? ''}`, event)
    progress(event)
  })
  for (const event of last.values()) {
    if (event.total > 0 && event.done < event.total) progress({ ...event, done: event.total })
  }
  return result
}

/** Runs a native task with a token that is set when `signal` aborts, also if that was before. */
export async function cancellable<T>(
  signal: AbortSignal,
  run: (token: CancelToken) => Promise<T>,
): Promise<T> {
  const token = createCancelToken()
  const cancel = () => token.cancel()
  if (signal.aborted) cancel()
  signal.addEventListener('abort', cancel, { once: true })
  try {
    return await run(token)
  } finally {
    signal.removeEventListener('abort', cancel)
  }
}
