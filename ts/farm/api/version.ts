/** What client, worker and server agree on before anything else (file 10, Parts). */

/** Sent with every request and every answer; a request with another number is refused with 400, naming both. */
export const apiVersion = 1

export const versionHeader = 'peipkg-farm-api'

/** The token of an attempt, on every request below `/api/v1/attempts`. Another one: 409, code `fenced`. */
export const attemptHeader = 'peipkg-attempt'

/** On the PUT of an artifact, when the sender knows it already: 64 hexadecimal digits. Another content: 422. */
export const digestHeader = 'peipkg-sha256'

/** On the answer to HEAD and PUT of an artifact: how many bytes of it the server has. */
export const offsetHeader = 'peipkg-offset'

/** What every answer that is no success holds, beside its status. */
export interface ErrorAnswer {
  readonly error: { readonly code: ErrorWord; readonly message: string }
}

/** Stable words; the message is for people, in the words of file 10 where it gives them. */
export type ErrorWord =
  | 'api-version'
  | 'bad-request'
  | 'unauthorized'
  | 'forbidden'
  | 'not-found'
  | 'name-used'
  | 'platform-dropped'
  | 'wrong-platform'
  | 'conflict'
  | 'fenced'
  | 'gap'
  | 'digest'
  | 'incomplete'
  | 'too-large'
  | 'too-many'
  | 'disk-full'
  | 'unavailable'
  | 'internal'
