/**
 * The log of one attempt: into a file first, from there to the server, in order, by offset. Whoever writes waits for the disk
 * only; a server that is slow, or gone for a while, gets what it lacks when it is back.
 */
import { closeSync, openSync, readSync, writeSync } from 'node:fs'
import { isPassing } from '../client/connection.ts'
import { pause } from './pause.ts'

export interface LogStream {
  /** Throws what the disk says. Beyond the limit it is cut, once with a word about it. */
  append(chunk: Buffer | string): void
  /** Bytes that count: what the server has at the end. */
  length(): number
  /** How long the server has not taken what is there for it, in milliseconds. */
  stalledMs(): number
  /** Resolves when the server has all of it. Throws when it refuses, or at the signal. */
  drained(): Promise<void>
  close(): void
}

/** What is sent at once, at most. */
const PART = 2 ** 20

/** Kept free for the word about the cut, in bytes. */
const NOTICE = 128

/** Lines that come one by one go in one request, in milliseconds. */
const GATHER = 40

export function createLogStream(
  path: string,
  limit: number,
  send: (offset: number, bytes: Buffer) => Promise<number>,
  refused: (error: unknown) => void,
  signal: AbortSignal,
): LogStream {
  const file = openSync(path, 'wx+', 0o600)
  let length = 0
  let sent = 0
  let cut = false
  let since: number | undefined
  let wake = () => {}
  let closed = false
  const write = (bytes: Buffer) => {
    for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at, bytes.length - at, length + at)
    length += bytes.length
    since ??= performance.now()
    wake()
  }
  const sending = deliver()
  sending.catch((error) => {
    if (!signal.aborted) refused(error)
  })

  async function deliver(): Promise<void> {
    let failures = 0
    for (;;) {
      if (sent >= length) {
        since = undefined
        if (closed) return
        await new Promise<void>((resolve) => {
          wake = resolve
        })
        if (!closed) await pause(GATHER, signal)
        continue
      }
      try {
        sent = await send(sent, part())
        since = performance.now()
        failures = 0
      } catch (error) {
        signal.throwIfAborted()
        if (!isPassing(error)) throw error
        await pause(Math.min(2000, 100 * 2 ** failures++), signal)
      }
    }
  }

  function part(): Buffer {
    const bytes = Buffer.alloc(Math.min(PART, length - sent))
    return bytes.subarray(0, readSync(file, bytes, 0, bytes.length, sent))
  }

  return {
    append(chunk) {
      if (cut) return
      const bytes = Buffer.from(chunk)
      const left = limit - NOTICE - length
      if (bytes.length <= left) return write(bytes)
      cut = true
      write(bytes.subarray(0, Math.max(0, left)))
      write(Buffer.from(`\n[peipkg-farm: the log was cut here: more than ${limit} bytes]\n`.slice(0, NOTICE)))
    },
    length: () => length,
    stalledMs: () => (since === undefined ? 0 : performance.now() - since),
    async drained() {
      closed = true
      wake()
      await sending
    },
    close() {
      closed = true
      wake()
      closeSync(file)
    },
  }
}
