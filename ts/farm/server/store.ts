/** The content-addressed store: files by their SHA-256, durable before they have their name, never written again. */
import { createHash } from 'node:crypto'
import { createReadStream, type ReadStream } from 'node:fs'
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'

interface Stored {
  readonly sha256: string
  readonly bytes: number
}

export interface Store {
  /** The path of what has that digest; it may be gone by the time it is opened. */
  path(sha256: string): string
  has(sha256: string): Promise<boolean>
  open(sha256: string): ReadStream
  put(content: Buffer): Promise<Stored>
  /** Moves a whole, durable file into the store. */
  adopt(path: string, sha256: string): Promise<void>
  /** Deletes what `keep` does not name and nobody brought within the last hour. */
  sweep(keep: (sha256: string) => boolean, olderThan: number): Promise<number>
}

export function createStore(root: string): Store {
  const pathOf = (sha256: string) => join(root, sha256.slice(0, 2), sha256)
  const store: Store = {
    path: pathOf,
    has: async (sha256) => (await sizeOf(pathOf(sha256))) !== undefined,
    open: (sha256) => createReadStream(pathOf(sha256)),
    async put(content) {
      const sha256 = createHash('sha256').update(content).digest('hex')
      if (!(await store.has(sha256))) {
        const temporary = join(root, `put-${process.pid}-${sha256}-${Math.random().toString(36).slice(2)}`)
        await mkdir(root, { recursive: true, mode: 0o700 })
        const file = await open(temporary, 'wx', 0o600)
        try {
          await file.writeFile(content)
          await file.sync()
        } finally {
          await file.close()
        }
        await store.adopt(temporary, sha256)
      }
      return { sha256, bytes: content.length }
    },
    async adopt(path, sha256) {
      const to = pathOf(sha256)
      await mkdir(dirname(to), { recursive: true, mode: 0o700 })
      await rename(path, to)
      await syncDirectory(dirname(to))
    },
    async sweep(keep, olderThan) {
      let removed = 0
      for (const group of await readdir(root).catch(() => [])) {
        if (!/^[0-9a-f]{2}$/.test(group)) continue
        for (const name of await readdir(join(root, group))) {
          const path = join(root, group, name)
          const found = await stat(path).catch(() => undefined)
          if (found === undefined || found.mtimeMs > olderThan || keep(name)) continue
          await rm(path, { force: true })
          removed++
        }
      }
      return removed
    },
  }
  return store
}

/** Undefined when it is not there. */
export async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** The name of a new file is durable when its directory is. */
async function syncDirectory(path: string): Promise<void> {
  const directory: FileHandle = await open(path, 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}
