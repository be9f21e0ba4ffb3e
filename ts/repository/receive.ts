/** Receives a package into a file, going on where an earlier attempt or an earlier run stopped (file 4). */
import { PeiError } from '../native/errors.ts'
import type { Ask, FetchRequest, OpenSource, Validators } from './fetch-request.ts'
import { TemporaryFailure } from './retry.ts'

/** Where a package's bytes go; the core's CacheWriter is one. */
export interface PackageSink {
  /** Bytes that are there. */
  readonly written: number
  /** Where they came from; null when they cannot be gone on with. */
  readonly source: { readonly address: string; readonly validator: string } | null
  write(chunk: Buffer): void
  /** Notes where the bytes come from. */
  remember(address: string, validator: string): void
  /** Forgets what is there. */
  restart(): void
}

/** Bytes: what is smaller is fetched anew sooner than it is asked about. */
const worthResuming = 64 * 1024

/** One attempt. `request.limit` is the package's size; what `sink` throws ends the transfer. */
export async function receive(open: OpenSource, request: FetchRequest, sink: PackageSink): Promise<void> {
  if (sink.written === request.limit && sink.written > 0) return
  try {
    const answer = await open(request, askFor(request, sink))
    if (answer.kind === 'absent' || answer.kind === 'unchanged') {
      throw new PeiError('PEI_FETCH_STATUS', `${request.address} does not exist`)
    }
    // The file is another one now, or the server knows nothing of parts: from the beginning.
    if (answer.kind === 'whole' && sink.written > 0) sink.restart()
    const validator = validatorFor(answer.validators)
    if (validator !== undefined && request.limit >= worthResuming) sink.remember(request.address, validator)
    for await (const chunk of answer.chunks) sink.write(chunk)
  } catch (error) {
    if (error instanceof TemporaryFailure && error.restart && sink.written > 0) sink.restart()
    throw error
  }
}

function askFor({ address }: FetchRequest, sink: PackageSink): Ask {
  const { written, source } = sink
  if (written > 0 && source?.address === address) {
    return { encoded: false, after: { offset: written, validator: source.validator } }
  }
  if (written > 0) sink.restart()
  return { encoded: false }
}

/** What `If-Range` accepts: a strong entity tag, or else a date. */
function validatorFor({ etag, lastModified }: Validators): string | undefined {
  return etag === undefined || etag.startsWith('W/') ? lastModified : etag
}
