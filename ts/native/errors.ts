/** The one error class of the project: a stable code that programs may rely on, a whole message for people. */
import { getSystemErrorMap } from 'node:util'
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

/** The error as a PeiError, when it is one, comes from the addon with a code or says what the system refused; else undefined (a bug). */
export function asPeiError(error: unknown): PeiError | undefined {
  if (error instanceof PeiError) return error
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return undefined
  if (!error.code.startsWith('PEI_')) return fromSystem(error as SystemError)
  // The two tables are compared by a test; a code that is in neither still reaches the user as it is.
  return new PeiError(error.code as ErrorCode, plain(error.message), { cause: error })
}

/** Rust's `Permission denied (os error 13)` in the words that Node's failures get here: `permission denied`. */
function plain(message: string): string {
  return message.replace(/: ([A-Z])([^:()]*) \(os error \d+\)/g, (_, first: string, rest: string) => {
    return `: ${first.toLowerCase()}${rest}`
  })
}

/** The message of any thrown value, for a sentence that goes on ("…: REASON"). */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return systemReason(error as SystemError) ?? error.message
}

/** Some errors are of this shape: those of Node's file system calls. */
interface SystemError {
  readonly errno?: number | undefined
  readonly syscall?: string | undefined
  readonly path?: string | undefined
}

/** What a call of the system on a path failed with: `cannot read X: no such file or directory`. */
function fromSystem(error: SystemError): PeiError | undefined {
  const reason = systemReason(error)
  if (reason === undefined || error.path === undefined) return undefined
  const verb = error.syscall === undefined ? undefined : verbs[error.syscall]
  return new PeiError('PEI_IO', `cannot ${verb ?? 'use'} ${error.path}: ${reason}`, { cause: error })
}

/** System calls, as Node names them, by what they were meant to do. */
const verbs: Readonly<Record<string, string>> = {
  open: 'read',
  read: 'read',
  stat: 'read',
  lstat: 'read',
  scandir: 'list',
  mkdir: 'create',
  mkdtemp: 'create',
  write: 'write',
  rename: 'rename',
  rmdir: 'remove',
  unlink: 'remove',
  rm: 'remove',
}

/** `no such file or directory`, without Node's code, call and path. Of a failed connection Node's own words say more. */
function systemReason(error: SystemError): string | undefined {
  if (error.errno === undefined || error.syscall === undefined || 'address' in error) return undefined
  if (/^(connect|getaddrinfo|listen|bind|spawn)/.test(error.syscall)) return undefined
  return getSystemErrorMap().get(error.errno)?.[1]
}
