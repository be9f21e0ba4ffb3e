/** How an execution ends (file 10, Promises). */

/** What a worker tells. */
export type AttemptResult =
  | { readonly kind: 'exited'; readonly code: number }
  | { readonly kind: 'signalled'; readonly signal: number }
  | { readonly kind: 'timed out' }
  | { readonly kind: 'silent' }
  | { readonly kind: 'cancelled' }
  /** Retried on another worker, at most three times. */
  | { readonly kind: 'infrastructure'; readonly reason: string }

/** What an execution ends with: of an attempt, or without one. */
export type Result =
  | AttemptResult
  /** A recipe job that needs this one's failed; `job` is its name. */
  | { readonly kind: 'dep-failed'; readonly job: string }
  /** The server could not even make it: a template that is gone, a package that does not verify, a publication refused. */
  | { readonly kind: 'failed'; readonly reason: string }

/** `exited 0`, `signalled 9`, `timed out`, `infrastructure: no space left`: one line, foreign text not escaped. */
export function resultText(result: Result): string {
  switch (result.kind) {
    case 'exited':
      return `exited ${result.code}`
    case 'signalled':
      return `signalled ${result.signal}`
    case 'infrastructure':
    case 'failed':
      return `${result.kind}: ${result.reason}`
    case 'dep-failed':
      return `dep-failed: ${result.job}`
    case 'timed out':
    case 'silent':
    case 'cancelled':
      return result.kind
  }
}
