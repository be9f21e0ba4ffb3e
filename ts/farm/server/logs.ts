/** Logs as files: written first, shown then; a viewer reads the file at its own pace (file 10, Promises). */
import { type FileHandle, mkdir, open, readdir, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Refusal } from './refusal.ts'
import { sizeOf } from './store.ts'

export interface Logs {
  path(execution: string): string
  length(execution: string): Promise<number>
  /** Writes at `offset` and beyond it what is not there yet; returns the new length. `offset` past the end: `gap`. */
  write(execution: string, offset: number, content: Buffer): Promise<number>
  /** Adds a line of the server's own. */
  note(execution: string, text: string): Promise<number>
  /** Makes it durable; nothing more is written for now. */
  close(execution: string): Promise<number>
  /** Up to `most` bytes. */
  read(execution: string, offset: number, most: number): Promise<Buffer>
  /** Calls back whenever it has grown, until what is returned is called. */
  follow(execution: string, grown: () => void): () => void
  /** Wakes those who follow: something else than the log has changed. */
  wake(execution: string): void
  remove(execution: string): Promise<void>
  list(): Promise<readonly string[]>
}

interface Open {
  readonly file: FileHandle
  length: number
}

export function createLogs(root: string): Logs {
  const open = createOpenFiles((execution) => pathOf(root, execution))
  const followers = new Map<string, Set<() => void>>()
  const wake = (execution: string) => {
    for (const grown of followers.get(execution) ?? []) grown()
  }
  const append = async (execution: string, offset: number | undefined, content: Buffer) => {
    const length = await open.use(execution, async (log) => {
      const at = offset ?? log.length
      if (at > log.length) {
        throw new Refusal('gap', `the log has ${log.length} bytes only`, { offset: log.length })
      }
      const fresh = content.subarray(log.length - at)
      for (let written = 0; written < fresh.length; ) {
        const { bytesWritten } = await log.file.write(fresh, written, fresh.length - written, log.length)
        written += bytesWritten
        log.length += bytesWritten
      }
      return log.length
    })
    wake(execution)
    return length
  }
  return {
    path: (execution) => pathOf(root, execution),
    length: async (execution) => open.length(execution) ?? (await sizeOf(pathOf(root, execution))) ?? 0,
    write: (execution, offset, content) => append(execution, offset, content),
    note: (execution, text) => append(execution, undefined, Buffer.from(`${text}\n`)),
    close: (execution) => open.close(execution),
    read: (execution, offset, most) => readPart(pathOf(root, execution), offset, most),
    wake,
    follow(execution, grown) {
      const set = followers.get(execution) ?? new Set()
      followers.set(execution, set.add(grown))
      return () => {
        set.delete(grown)
        if (set.size === 0) followers.delete(execution)
      }
    },
    async remove(execution) {
      await open.close(execution)
      await rm(pathOf(root, execution), { force: true })
    },
    async list() {
      const groups = await readdir(root).catch(() => [])
      const names = await Promise.all(groups.map((group) => readdir(join(root, group)).catch(() => [])))
      return names.flat().map((name) => name.replace(/\.log$/, ''))
    },
  }
}

const pathOf = (root: string, execution: string) => join(root, execution.slice(0, 2), `${execution}.log`)

/** One descriptor for each log that grows; what is done with one of them is done in order. */
function createOpenFiles(pathOf: (execution: string) => string) {
  const files = new Map<string, { readonly opened: Promise<Open>; last: Promise<unknown>; now?: Open }>()
  const openFile = async (path: string): Promise<Open> => {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    // Not for appending: a partial write is told by its length, not by where the file ends.
    const file = await open(path, 'a+', 0o600).then(async (made) => {
      await made.close()
      return await open(path, 'r+')
    })
    return { file, length: (await file.stat()).size }
  }
  return {
    length: (execution: string) => files.get(execution)?.now?.length,
    async use<T>(execution: string, work: (log: Open) => Promise<T>): Promise<T> {
      let entry = files.get(execution)
      if (entry === undefined) {
        const opened = openFile(pathOf(execution))
        entry = { opened, last: opened }
        files.set(execution, entry)
        const made = entry
        opened.then(
          (log) => {
            made.now = log
          },
          () => files.delete(execution),
        )
      }
      const { opened } = entry
      const result = entry.last.catch(() => undefined).then(async () => work(await opened))
      entry.last = result.catch(() => undefined)
      return await result
    },
    async close(execution: string): Promise<number> {
      const entry = files.get(execution)
      if (entry === undefined) return (await sizeOf(pathOf(execution))) ?? 0
      await entry.last.catch(() => undefined)
      const log = await entry.opened
      if (files.get(execution) === entry) files.delete(execution)
      await log.file.datasync().catch(() => undefined)
      await log.file.close().catch(() => undefined)
      return log.length
    },
  }
}

async function readPart(path: string, offset: number, most: number): Promise<Buffer> {
  let file: FileHandle
  try {
    file = await open(path, 'r')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return Buffer.alloc(0)
    throw error
  }
  try {
    const buffer = Buffer.alloc(most)
    const { bytesRead } = await file.read(buffer, 0, most, offset)
    return buffer.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}
