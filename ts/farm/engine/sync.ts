/** Files and directories that are to outlast a loss of power. */
import { open, readdir } from 'node:fs/promises'
import { join } from 'node:path'

/** A thousand files one after the other took three seconds; together they share the disk's work. */
export async function syncAll(paths: Iterable<string>): Promise<void> {
  const waiting = paths[Symbol.iterator]()
  const sync = async () => {
    for (let next = waiting.next(); next.done !== true; next = waiting.next()) {
      const file = await open(next.value, 'r')
      await file.sync().finally(() => file.close())
    }
  }
  await Promise.all(Array.from({ length: 32 }, sync))
}

/** A directory with everything below it. */
export async function syncTree(directory: string): Promise<void> {
  const names = await readdir(directory, { recursive: true })
  await syncAll([directory, ...names.map((name) => join(directory, name))])
}
