/** Undoes gzip transport encoding, and believes neither bombs nor streams that unpack to nothing. */
import { pipeline, type Readable, Transform } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { PeiError } from '../native/errors.ts'
import { tooLarge } from './collect.ts'
import type { FetchRequest } from './fetch-request.ts'

const mebibyte = 1024 * 1024

/** An index shrinks to a tenth (its hashes do not shrink at all); gzip could pack zeros to a thousandth. */
const mostGrowth = 40
/** Bytes that are unpacked whatever the growth. */
const unquestioned = 32 * mebibyte

/**
 * What `body` unpacks to, read by way of `watch`, which may destroy the stream it is given: that ends `body` as well.
 * Throws PEI_FETCH_TOO_LARGE beyond the bounds.
 */
export async function* gunzipped(
  body: Readable,
  request: FetchRequest,
  watch: (unpacking: Readable) => AsyncIterable<Buffer>,
): AsyncGenerator<Buffer> {
  let received = 0
  const counting = new Transform({
    transform(chunk: Buffer, _, done) {
      received += chunk.length
      // Empty gzip members unpack to nothing: the bound on what is unpacked would never end them.
      done(received > mostReceived(request.limit) ? tooLarge(request) : null, chunk)
    },
  })
  // An error of any of the streams reaches the reader through the iteration.
  const unpacking = pipeline(body, counting, createGunzip({ chunkSize: 64 * 1024 }), () => undefined)
  let unpacked = 0
  for await (const chunk of watch(unpacking)) {
    unpacked += chunk.length
    if (unpacked > unquestioned + mostGrowth * received) throw unbelievable(request, received)
    yield chunk
  }
}

/** The bound on what is unpacked, and what gzip adds to bytes that it cannot shrink. */
const mostReceived = (limit: number): number => limit + limit / 64 + 1024

function unbelievable({ address }: FetchRequest, received: number): PeiError {
  return new PeiError(
    'PEI_FETCH_TOO_LARGE',
    `cannot fetch ${address}: the server's compressed answer unpacks to an unbelievable size ` +
      `(more than ${mostGrowth} times its ${received} bytes): not read any further`,
  )
}
