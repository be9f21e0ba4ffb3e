/** Undoes transport encodings, and believes neither bombs nor streams that unpack to nothing. */
import { pipeline, type Readable, Transform } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { PeiError, reasonOf } from '../native/errors.ts'
import { createUnzstd } from '../native/fetched.ts'
import { tooLarge } from './collect.ts'
import type { FetchRequest } from './fetch-request.ts'

const mebibyte = 1024 * 1024

/** An index shrinks to a tenth (its hashes do not shrink at all); gzip could pack zeros to a thousandth. */
const mostGrowth = 40
/** Bytes that are unpacked whatever the growth. */
const unquestioned = 32 * mebibyte
const piece = 64 * 1024

export type Encoding = 'gzip' | 'zstd'

/** Bytes that came, and what they unpacked to. */
interface Account {
  received: number
  unpacked: number
}

/**
 * What `body` unpacks to, read by way of `watch`, which may destroy the stream it is given: that ends `body` as well.
 * Throws PEI_FETCH_TOO_LARGE beyond the bounds.
 */
export async function* unpacked(
  body: Readable,
  encoding: Encoding,
  request: FetchRequest,
  watch: (unpacking: Readable) => AsyncIterable<Buffer>,
): AsyncGenerator<Buffer> {
  const account: Account = { received: 0, unpacked: 0 }
  const counting = new Transform({
    transform(chunk: Buffer, _, done) {
      account.received += chunk.length
      // Empty members and frames unpack to nothing: the bound on what is unpacked would never end them.
      done(account.received > mostReceived(request.limit) ? tooLarge(request) : null, chunk)
    },
  })
  const decoder = encoding === 'gzip' ? createGunzip({ chunkSize: piece }) : unzstd(account, request)
  // An error of any of the streams reaches the reader through the iteration.
  const unpacking = pipeline(body, counting, decoder, () => undefined)
  for await (const chunk of watch(unpacking)) {
    if (encoding === 'gzip') account.unpacked += chunk.length
    if (isUnbelievable(account)) throw unbelievable(request, account)
    yield chunk
  }
}

/** The core's decoder as a stream. It counts what it makes itself: all of one received chunk comes out at once. */
function unzstd(account: Account, request: FetchRequest): Transform {
  const decoder = createUnzstd()
  return new Transform({
    transform(chunk: Buffer, _, done) {
      try {
        decoder.push(chunk)
        for (let out = decoder.pull(piece); out.length > 0; out = decoder.pull(piece)) {
          account.unpacked += out.length
          if (isUnbelievable(account)) return done(unbelievable(request, account))
          this.push(out)
        }
        done()
      } catch (error) {
        done(undecodable(request, error))
      }
    },
    flush(done) {
      try {
        decoder.finish()
        done()
      } catch (error) {
        done(undecodable(request, error))
      }
    },
  })
}

/** The bound on what is unpacked, and what an encoding adds to bytes that it cannot shrink. */
const mostReceived = (limit: number): number => limit + limit / 64 + 1024

const isUnbelievable = ({ received, unpacked }: Account): boolean =>
  unpacked > unquestioned + mostGrowth * received

function unbelievable({ address }: FetchRequest, { received }: Account): PeiError {
  return new PeiError(
    'PEI_FETCH_TOO_LARGE',
    `cannot fetch ${address}: the server's compressed answer unpacks to an unbelievable size ` +
      `(more than ${mostGrowth} times its ${received} bytes): not read any further`,
  )
}

function undecodable({ address }: FetchRequest, error: unknown): PeiError {
  return new PeiError('PEI_FETCH_FAILED', `cannot fetch ${address}: ${reasonOf(error)}`, { cause: error })
}
