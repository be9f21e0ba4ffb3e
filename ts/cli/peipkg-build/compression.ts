/** The options of everything that packs: how hard to compress, and on how many threads. */
import { parseWholeNumber } from '../values.ts'

export interface Compression {
  readonly level: number | undefined
  readonly threads: number | undefined
}

export function parseCompression(level: string | undefined, threads: string | undefined): Compression {
  return {
    level: level === undefined ? undefined : parseWholeNumber('--level', level, 1, 22),
    threads: threads === undefined ? undefined : parseWholeNumber('--threads', threads, 1, 256),
  }
}
