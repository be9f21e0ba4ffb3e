/** `state_dir/history.jsonl`: one line for every build that ended. It survives restarts, and is bounded. */
import { appendFileSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import type { HistoryEntry } from './model.ts'

/** From this size on the older half is dropped, in bytes. */
const MOST = 8 * 2 ** 20

/** What is read back for a page, in bytes. */
const TAIL = 2 ** 20

export interface History {
  append(entry: HistoryEntry): void
  /** Newest first. */
  read(recipe: string | undefined, limit: number): Promise<readonly HistoryEntry[]>
}

export function createHistory(path: string): History {
  // A line that a kill cut short stays a line of its own; readers skip it.
  if (sizeOf(path) > 0) appendFileSync(path, '\n')
  return {
    append(entry) {
      appendFileSync(path, `${JSON.stringify(entry)}\n`)
      if (sizeOf(path) > MOST) dropOlderHalf(path)
    },
    async read(recipe, limit) {
      const entries = (await readTail(path)).split('\n').flatMap(parseEntry)
      const wanted = entries.filter((entry) => recipe === undefined || entry.recipe === recipe)
      return wanted.slice(-limit).reverse()
    },
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}

function dropOlderHalf(path: string): void {
  const bytes = readFileSync(path)
  const middle = bytes.indexOf('\n', bytes.length / 2)
  writeFileSync(`${path}.tmp`, bytes.subarray(middle + 1))
  renameSync(`${path}.tmp`, path)
}

async function readTail(path: string): Promise<string> {
  if (sizeOf(path) === 0) return ''
  const file = await open(path)
  try {
    const { size } = await file.stat()
    const start = Math.max(0, size - TAIL)
    const { buffer, bytesRead } = await file.read(Buffer.alloc(size - start), 0, size - start, start)
    return buffer.subarray(0, bytesRead).toString()
  } finally {
    await file.close()
  }
}

/** Cut lines, the first one of the tail included, are no entries. */
function parseEntry(line: string): readonly HistoryEntry[] {
  if (!line.startsWith('{')) return []
  try {
    return [JSON.parse(line) as HistoryEntry]
  } catch {
    return []
  }
}
