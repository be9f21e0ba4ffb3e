/** What a disk would still have after a loss of power: the bytes that were synced, and nothing else. */
import fs, {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { dirname, join, relative } from 'node:path'

export interface SyncedFiles {
  /** `write` and `sync` of files, by their path below the directory, in order. */
  readonly calls: readonly string[]
  /** Makes a directory of what was synced until now. */
  losePower(directory: string): void
  stop(): void
}

/** Everything that lies in `directory` now counts as synced. */
export function recordSyncs(directory: string): SyncedFiles {
  const synced = new Map<string, Buffer>()
  const calls: string[] = []
  const below = (path: string) => relative(directory, path)
  const nameOf = (descriptor: number) => below(readlinkSync(`/proc/self/fd/${descriptor}`))
  for (const name of readdirSync(directory, { recursive: true, encoding: 'utf8' })) {
    if (statSync(join(directory, name)).isFile()) synced.set(name, readFileSync(join(directory, name)))
  }
  const { writeSync, fsyncSync, renameSync, unlinkSync } = fs
  const patched = {
    writeSync(descriptor: number, ...rest: []) {
      calls.push(`write ${nameOf(descriptor)}`)
      return writeSync(descriptor, ...(rest as unknown as [Uint8Array]))
    },
    fsyncSync(descriptor: number) {
      fsyncSync(descriptor)
      const name = nameOf(descriptor)
      calls.push(`sync ${name}`)
      if (fs.fstatSync(descriptor).isFile()) synced.set(name, readFileSync(join(directory, name)))
    },
    // A file system with a journal keeps the order of these.
    renameSync(from: string, to: string) {
      renameSync(from, to)
      const moved = synced.get(below(from))
      synced.delete(below(from))
      synced.delete(below(to))
      if (moved !== undefined) synced.set(below(to), moved)
    },
    unlinkSync(path: string) {
      unlinkSync(path)
      synced.delete(below(path))
    },
  }
  Object.assign(fs, patched)
  syncBuiltinESMExports()
  return {
    calls,
    losePower(to) {
      cpSync(directory, to, { recursive: true, filter: (path) => statSync(path).isDirectory() })
      for (const [name, content] of synced) {
        mkdirSync(dirname(join(to, name)), { recursive: true })
        writeFileSync(join(to, name), content, { mode: 0o600 })
      }
    },
    stop() {
      Object.assign(fs, { writeSync, fsyncSync, renameSync, unlinkSync })
      syncBuiltinESMExports()
    },
  }
}
