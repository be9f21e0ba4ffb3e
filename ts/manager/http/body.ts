/** Bodies of webhooks: at most 16 MiB of each are looked at, and a bound on what all of them take together. */
import type { IncomingMessage } from 'node:http'

/** What is more is cut, so that its signature fails (§8.3). */
const MOST = 16 * 2 ** 20

/** Beyond the cut, so much is read and dropped, so that the sender hears the answer. */
const MOST_DROPPED = 16 * 2 ** 20

/** Of all bodies that are being read. */
const MOST_TOGETHER = 128 * 2 ** 20

/** Too many bodies at once: the sender should try again. */
export class BusyError extends Error {}

export interface BodyReader {
  /** With `keep` false the body is read and dropped. Throws BusyError, and an Error when the sender goes away. */
  read(request: IncomingMessage, keep: boolean): Promise<Buffer>
}

export function createBodyReader(): BodyReader {
  let together = 0
  return {
    async read(request, keep) {
      const chunks: Buffer[] = []
      let kept = 0
      let seen = 0
      try {
        for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
          const piece = keep ? chunk.subarray(0, MOST - kept) : chunk.subarray(0, 0)
          seen += chunk.length
          kept += piece.length
          together += piece.length
          if (together > MOST_TOGETHER) throw new BusyError('too many bodies at once')
          if (piece.length > 0) chunks.push(piece)
          if (seen > MOST + MOST_DROPPED) break
        }
        return Buffer.concat(chunks)
      } finally {
        together -= kept
      }
    },
  }
}
