/** Collects a document that arrives piece by piece, within its bound. */
import { PeiError } from '../native/errors.ts'
import { createFetchedDocument, type FetchedDocument } from '../native/fetched.ts'
import type { OnProgress } from '../native/task.ts'
import type { FetchRequest, Opened } from './fetch-request.ts'

/** Bytes: what is smaller is there before anyone wonders. */
const worthTelling = 512 * 1024

/** A small document. (Breaking out of the loop ends the transfer.) */
export async function collect(source: Opened, request: FetchRequest): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of source.chunks) {
    size += chunk.length
    if (size > request.limit || (source.length ?? 0) > request.limit) throw tooLarge(request)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** One that may be large: it grows in the core's memory, where it is verified without another copy. */
export async function collectLarge(
  source: Opened,
  request: FetchRequest,
  progress: OnProgress | undefined,
): Promise<FetchedDocument> {
  const { address, limit } = request
  const total = source.length ?? 0
  const document = createFetchedDocument(total > limit ? 0 : total)
  let done = 0
  for await (const chunk of source.chunks) {
    done += chunk.length
    if (total > limit || done > limit) throw tooLarge(request)
    document.write(chunk)
    if (done > worthTelling) progress?.({ phase: 'fetch', done, total, unit: 'bytes', item: address })
  }
  return document
}

export function tooLarge({ address, limit }: FetchRequest): PeiError {
  return new PeiError('PEI_FETCH_TOO_LARGE', `${address} is larger than ${limit} bytes: not read any further`)
}
