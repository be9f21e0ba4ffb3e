/** The words for what goes wrong between here and a server. */
import { PeiError } from '../native/errors.ts'

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection was refused (is the server running?)',
  ECONNRESET: 'the connection was reset',
  EACCES: 'permission denied',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'the network cannot be reached',
  ENOTFOUND: 'the host name is not known',
  EAI_AGAIN: 'the host name cannot be looked up now',
  UND_ERR_SOCKET: 'the connection was closed before the end',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'the connection was closed before the end',
}

const timeouts: Readonly<Record<string, string>> = {
  UND_ERR_CONNECT_TIMEOUT: 'no connection was made in time',
  UND_ERR_HEADERS_TIMEOUT: 'the server did not answer in time',
  UND_ERR_BODY_TIMEOUT: 'the server stopped sending',
  ETIMEDOUT: 'no connection was made in time',
}

export function fetchError(address: string, error: Error): PeiError {
  const code = codeOf(error)
  const late = timeouts[code]
  if (late !== undefined) return failed('PEI_FETCH_TIMEOUT', address, late, error)
  return failed('PEI_FETCH_FAILED', address, reasons[code] ?? reasonIn(error), error)
}

function failed(
  code: 'PEI_FETCH_TIMEOUT' | 'PEI_FETCH_FAILED',
  address: string,
  reason: string,
  cause: Error,
): PeiError {
  return new PeiError(code, `cannot fetch ${address}: ${reason}`, { cause })
}

/** Several attempts (one for each address of a host) come as one AggregateError: the first one's reason is told. */
function codeOf(error: Error): string {
  const inner = error instanceof AggregateError ? error.errors[0] : error
  return String((inner as { code?: unknown } | undefined)?.code ?? '')
}

function reasonIn(error: Error): string {
  const inner = error instanceof AggregateError ? (error.errors[0] as Error | undefined) : error
  return inner?.message || codeOf(error) || error.name
}
