/** Collects a document that arrives piece by piece into one buffer, within its bound. */
import { PeiError } from '../native/errors.ts'
import type { OnProgress } from '../native/task.ts'
import type { FetchRequest, Opened } from './fetch-request.ts'

/** Bytes: what is smaller is there before anyone wonders. */
const worthTelling = 512 * 1024
/** Bytes, where no length is known. */
const firstCapacity = 64 * 1024

/**
 * A known length is allocated once. Otherwise the buffer doubles: pages that are never written take no memory, so
 * that the most in use is about twice the document. Chunks are copied at once: a small one may keep a large buffer
 * alive. (Breaking out of the loop ends the transfer.)
 */
export async function collect(
  source: Opened,
  request: FetchRequest,
  progress: OnProgress | undefined,
): Promise<Buffer> {
  const { address, limit } = request
  const expected = source.length ?? 0
  let whole: Buffer = Buffer.allocUnsafe(expected > limit ? 0 : expected)
  let size = 0
  for await (const chunk of source.chunks) {
    const end = size + chunk.length
    if (expected > limit || end > limit) throw tooLarge(request)
    if (end > whole.length) whole = grown(whole.subarray(0, size), end, limit)
    chunk.copy(whole, size)
    size = end
    if (size > worthTelling)
      progress?.({ phase: 'fetch', done: size, total: expected, unit: 'bytes', item: address })
  }
  return whole.subarray(0, size)
}

function grown(bytes: Buffer, needed: number, limit: number): Buffer {
  const capacity = Math.min(limit, Math.max(needed, 2 * bytes.length, firstCapacity))
  const larger = Buffer.allocUnsafe(capacity)
  bytes.copy(larger)
  return larger
}

export function tooLarge({ address, limit }: FetchRequest): PeiError {
  return new PeiError('PEI_FETCH_TOO_LARGE', `${address} is larger than ${limit} bytes: not read any further`)
}
