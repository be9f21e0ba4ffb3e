/** Ends transfers that stand still or merely drip. */
import type { Readable } from 'node:stream'
import { PeiError } from '../native/errors.ts'
import type { FetchRequest, TimeLimits } from './fetch-request.ts'

/** The chunks of a document; ends it when none comes for long, or too few within a minute. */
export async function* watched(
  body: Readable,
  limits: TimeLimits,
  request: FetchRequest,
): AsyncGenerator<Buffer> {
  const end = (what: string) => {
    body.destroy(new PeiError('PEI_FETCH_TIMEOUT', `cannot fetch ${request.address}: ${what}`))
  }
  let bytes = 0
  const idle = setTimeout(() => end(`no data came for ${limits.idle / 1000} s`), limits.idle)
  const window = setInterval(() => {
    if (bytes < limits.slowestBytes) end(`only ${bytes} bytes came within ${limits.window / 1000} s`)
    bytes = 0
  }, limits.window)
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      idle.refresh()
      bytes += chunk.length
      yield chunk
    }
  } finally {
    clearTimeout(idle)
    clearInterval(window)
  }
}
