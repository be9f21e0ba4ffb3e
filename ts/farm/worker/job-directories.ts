/** The directories of one job: made before it, gone after it. */
import { chmodSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { JobDirectories } from './sandbox/request.ts'

/** `base` must not exist, what is above it must. Throws what the file system says: the disk may be full. */
export function createJobDirectories(base: string): JobDirectories {
  mkdirSync(base, 0o700)
  const make = (name: string, mode: number) => {
    const path = join(base, name)
    mkdirSync(path)
    chmodSync(path, mode)
    return path
  }
  return {
    given: make('given', 0o755),
    source: make('source', 0o755),
    output: make('out', 0o755),
    work: make('work', 0o755),
    temporary: make('tmp', 0o1777),
    root: make('root', 0o755),
  }
}
