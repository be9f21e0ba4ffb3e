/** What a request is refused with: a word for programs, a sentence for people. */
import type { ErrorWord } from '../api/version.ts'

export class Refusal extends Error {
  readonly word: ErrorWord
  /** Beside the error in the answer's document. */
  readonly more: Readonly<Record<string, unknown>>

  constructor(word: ErrorWord, message: string, more: Readonly<Record<string, unknown>> = {}) {
    super(message)
    this.word = word
    this.more = more
  }
}

export const statuses: Readonly<Record<ErrorWord, number>> = {
  'api-version': 400,
  'bad-request': 400,
  unauthorized: 401,
  forbidden: 403,
  'not-found': 404,
  'name-used': 409,
  'platform-dropped': 409,
  'wrong-platform': 409,
  conflict: 409,
  fenced: 409,
  gap: 416,
  digest: 422,
  incomplete: 422,
  'too-large': 413,
  'too-many': 429,
  'disk-full': 507,
  unavailable: 503,
  internal: 500,
}
