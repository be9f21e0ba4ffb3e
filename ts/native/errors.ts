/** The one error class of the project: a stable code that programs may rely on, a whole message for people. */
import type { ErrorCode } from './codes.ts'

export class PeiError extends Error {
  override readonly name = 'PeiError'
  readonly code: ErrorCode

  /** `message`: what failed, on which thing, what to do; foreign text in it is escaped by whoever prints it. */
  constructor(code: ErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options)
    this.code = code
  }
}

/** The error as a PeiError, when it is one or comes from the addon with a code; else undefined (a bug). */
export function asPeiError(error: unknown): PeiError | undefined {
  if (error instanceof PeiError) return error
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return undefined
  if (!error.code.startsWith('PEI_')) return undefined
  // The two tables are compared by a test; a code that is in neither still reaches the user as it is.
  return new PeiError(error.code as ErrorCode, error.message, { cause: error })
}

/** The message of any thrown value, for a sentence that goes on ("…: REASON"). */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
