/** What is asked of a source of bytes, whatever its scheme, and how long it may take. */
import type { OnProgress } from '../native/task.ts'
import type { Location } from './resolve-url.ts'

export interface FetchRequest {
  readonly address: string
  /** The repository that the address belongs to: its scheme rule holds, for redirects too. */
  readonly location: Location
  /** Bytes, after decompression; more end the transfer. */
  readonly limit: number
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

/** A source of bytes that was opened: null means that there is no such document. */
export interface Opened {
  readonly chunks: AsyncIterable<Buffer>
  /** What the server or the filesystem says; the bytes that come count. */
  readonly length: number | undefined
}

export type OpenSource = (request: FetchRequest, compressed: boolean) => Promise<Opened | null>

export interface TransportOptions {
  readonly signal: AbortSignal
  readonly limits?: TimeLimits
  /** Hears of documents that take a while. */
  readonly progress?: OnProgress
  /** More certificates to trust, PEM; those of NODE_EXTRA_CA_CERTS are trusted anyway. */
  readonly certificates?: string
}
