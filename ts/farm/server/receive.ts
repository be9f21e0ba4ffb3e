/** An artifact on its way in: resumable, hashed while it is written, in the store only as a whole (file 10, Promises). */
import { createHash, type Hash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, readdir, rm, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import type { ArtifactAnswer } from '../api/attempt.ts'
import { Refusal } from './refusal.ts'
import { type Store, sizeOf } from './store.ts'

export interface Range {
  readonly first: number
  /** Exclusive. */
  readonly end: number
  readonly total: number
}

interface ReceiveRequest {
  readonly execution: string
  readonly attempt: number
  readonly name: string
  readonly range: Range
  /** Empty: not known to the sender yet. */
  readonly sha256: string
  readonly body: AsyncIterable<Buffer>
  readonly limit: number
}

export interface Receiver {
  /** How much of an artifact has arrived. */
  offset(execution: string, attempt: number, name: string): Promise<number>
  receive(request: ReceiveRequest): Promise<ArtifactAnswer>
  /** Half of artifacts that nobody will send the rest of. */
  forget(execution: string): Promise<void>
  /** The reason why uploads are refused now; undefined: they are not. */
  full(): string | undefined
}

/** Written at once, in bytes: below it the calls cost more than the bytes. */
const BATCH = 1 << 20

export function createReceiver(root: string, store: Store, minFree: number): Receiver {
  let refused: string | undefined
  const pathOf = (execution: string, attempt: number, name: string) =>
    join(root, `${execution}.${attempt}.${createHash('sha256').update(name).digest('hex').slice(0, 32)}`)
  const busy = new Set<string>()
  const checkSpace = async (bytes: number) => {
    const { bavail, bsize } = await statfs(root)
    const full = bavail * bsize - bytes < minFree
    refused = full ? `the disk of ${root} is full: uploads are refused` : undefined
    if (full) throw new Refusal('disk-full', `the server's disk is full: ${bytes} bytes more do not fit`)
  }
  return {
    full: () => refused,
    offset: async (execution, attempt, name) => (await sizeOf(pathOf(execution, attempt, name))) ?? 0,
    async receive({ execution, attempt, name, range, sha256, body, limit }) {
      if (range.total > limit) {
        throw new Refusal(
          'too-large',
          `artifact ${name} has ${range.total} bytes, more than the ${limit} allowed`,
        )
      }
      await mkdir(root, { recursive: true, mode: 0o700 })
      await checkSpace(range.end - range.first)
      const path = pathOf(execution, attempt, name)
      if (busy.has(path)) throw new Refusal('conflict', `artifact ${name} is being sent already`)
      busy.add(path)
      try {
        const there = (await sizeOf(path)) ?? 0
        if (range.first > there) {
          throw new Refusal('gap', `of artifact ${name} only ${there} bytes have arrived`, { offset: there })
        }
        const { offset, digest } = await append(path, range, body)
        if (offset < range.total) return { complete: false, offset, sha256: '' }
        if (sha256 !== '' && digest !== sha256) {
          await rm(path, { force: true })
          throw new Refusal(
            'digest',
            `artifact ${name} has the SHA-256 ${digest}, not ${sha256}: send it again`,
          )
        }
        await store.adopt(path, digest)
        return { complete: true, offset, sha256: digest }
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
        refused = `the disk of ${root} is full: uploads are refused`
        throw new Refusal('disk-full', `the server's disk is full while ${name} is written`)
      } finally {
        busy.delete(path)
      }
    },
    async forget(execution) {
      for (const name of await readdir(root).catch(() => [])) {
        if (name.startsWith(`${execution}.`)) await rm(join(root, name), { force: true })
      }
    },
  }
}

/** What is cut off stays, and is gone on with. */
async function append(
  path: string,
  range: Range,
  body: AsyncIterable<Buffer>,
): Promise<{ readonly offset: number; readonly digest: string }> {
  const hash = createHash('sha256')
  if (range.first > 0) await hashStart(path, range.first, hash)
  const file = await open(path, range.first === 0 ? 'w' : 'r+', 0o600)
  let offset = range.first
  try {
    await file.truncate(range.first)
    const write = async (pieces: readonly Buffer[], bytes: number) => {
      // Hashing and writing go on at the same time: one is the processor's, the other the disk's.
      const writing = file.writev([...pieces], offset)
      for (const piece of pieces) hash.update(piece)
      const { bytesWritten } = await writing
      if (bytesWritten !== bytes) throw Object.assign(new Error('the disk is full'), { code: 'ENOSPC' })
      offset += bytes
    }
    await batched(body, range.end - range.first, write)
    if (offset === range.total) await file.sync()
  } finally {
    await file.close()
  }
  return { offset, digest: offset === range.total ? hash.digest('hex') : '' }
}

async function batched(
  body: AsyncIterable<Buffer>,
  most: number,
  write: (pieces: readonly Buffer[], bytes: number) => Promise<void>,
): Promise<void> {
  let pieces: Buffer[] = []
  let bytes = 0
  let left = most
  const flush = async () => {
    if (bytes > 0) await write(pieces, bytes)
    pieces = []
    bytes = 0
  }
  try {
    for await (const chunk of body) {
      const piece = chunk.length > left ? chunk.subarray(0, left) : chunk
      left -= piece.length
      if (piece.length < chunk.length)
        throw new Refusal('bad-request', 'the body is longer than Content-Range says')
      pieces.push(piece)
      bytes += piece.length
      if (bytes >= BATCH) await flush()
    }
  } finally {
    await flush()
  }
}

async function hashStart(path: string, bytes: number, hash: Hash): Promise<void> {
  for await (const chunk of createReadStream(path, { end: bytes - 1, highWaterMark: BATCH })) {
    hash.update(chunk as Buffer)
  }
}
