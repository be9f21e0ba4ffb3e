/** The options of everything that packs: how hard to compress, and on how many threads. */
import type { Compression } from '../../native/packages.ts'
import { parseWholeNumber } from '../values.ts'

export function parseCompression(level: string | undefined, threads: string | undefined): Compression {
  return {
    ...(level === undefined ? {} : { level: parseWholeNumber('--level', level, 1, 22) }),
    ...(threads === undefined ? {} : { threads: parseWholeNumber('--threads', threads, 1, 256) }),
  }
}
