/** What is asked of a source of bytes, whatever its scheme, and what it answers. */
import type { OnProgress } from '../native/task.ts'
import type { Location } from './resolve-url.ts'

export interface FetchRequest {
  readonly address: string
  /** The repository that the address belongs to: its scheme rule holds, for redirects too. */
  readonly location: Location
  /** Bytes, after decompression; more end the transfer. */
  readonly limit: number
}

/** How a document is asked for. */
export interface Ask {
  /** Whether the server may encode it (gzip, zstd); packages come as they are. */
  readonly encoded: boolean
  /** It is only wanted if it is another than this one. */
  readonly unless?: Validators
  /** Only what follows this many bytes is wanted, if the file is still the one that `validator` names. */
  readonly after?: { readonly offset: number; readonly validator: string }
}

/** What a server says of a document's version, as headers spell it. */
export interface Validators {
  readonly etag?: string
  readonly lastModified?: string
}

/** Milliseconds (file 4), and the slowest transfer that is not given up. */
export interface TimeLimits {
  readonly connect: number
  readonly headers: number
  /** Without a byte. */
  readonly idle: number
  /** At least `slowestBytes` in each of these. */
  readonly window: number
  readonly slowestBytes: number
}

export const timeLimits: TimeLimits = {
  connect: 10_000,
  headers: 15_000,
  idle: 30_000,
  window: 60_000,
  slowestBytes: 30 * 1024,
}

/** How often and after which pauses a failure that may pass is tried again; milliseconds. */
export interface Patience {
  readonly attempts: number
  /** Doubled with each attempt, and shortened by chance so that many clients do not come back at once. */
  readonly firstPause: number
  /** A server that wants a longer one (`Retry-After`) is not waited for. */
  readonly longestPause: number
}

export const patience: Patience = { attempts: 4, firstPause: 500, longestPause: 60_000 }

export type Answer = { readonly kind: 'absent' } | { readonly kind: 'unchanged' } | Opened

/** A source of bytes that was opened. */
export interface Opened {
  /** `rest`: what follows the offset that was asked for. */
  readonly kind: 'whole' | 'rest'
  readonly chunks: AsyncIterable<Buffer>
  /** What the server or the filesystem says; the bytes that come count. */
  readonly length: number | undefined
  readonly validators: Validators
}

export type OpenSource = (request: FetchRequest, ask: Ask) => Promise<Answer>

export interface TransportOptions {
  readonly signal: AbortSignal
  readonly limits?: TimeLimits
  readonly patience?: Patience
  /** Hears of documents that take a while. */
  readonly progress?: OnProgress
  /** More certificates to trust, PEM; those of NODE_EXTRA_CA_CERTS are trusted anyway. */
  readonly certificates?: string
}
