/** Reads the process' stdin byte by byte: what follows an answer stays for whoever shares it (`sh` reading a script). */
import { fstatSync, readSync } from 'node:fs'
import { Socket } from 'node:net'

/** What answers come from. */
export interface ByteSource {
  /** The next byte as text; undefined at the end. Nothing beyond it is taken. */
  next(signal: AbortSignal): Promise<string | undefined>
}

export function stdinBytes(): ByteSource {
  const stat = fstatSync(0)
  return stat.isFIFO() || stat.isSocket() ? socketBytes() : fileBytes()
}

/** Files and devices such as /dev/null answer at once. */
function fileBytes(): ByteSource {
  const byte = Buffer.alloc(1)
  return {
    async next() {
      return readSync(0, byte, 0, 1, null) === 0 ? undefined : byte.toString('latin1')
    },
  }
}

/** A pipe may let us wait, and signals must get through: so no blocking read, but a socket with room for one byte. */
function socketBytes(): ByteSource {
  let settle: ((byte: string | undefined) => void) | undefined
  let ended = false
  const end = () => {
    ended = true
    settle?.(undefined)
  }
  const onread = {
    buffer: Buffer.alloc(1),
    callback(_: number, buffer: Uint8Array) {
      settle?.(String.fromCharCode(buffer[0] as number))
      // Stops reading until asked for the next one.
      return false
    },
  }
  const options = { fd: 0, readable: true, writable: false, onread }
  const socket = new Socket(options)
  socket.pause()
  socket.on('end', end).on('error', end).on('close', end)
  return {
    next(signal) {
      if (ended) return Promise.resolve(undefined)
      return new Promise((resolve) => {
        const done = (byte: string | undefined) => {
          settle = undefined
          signal.removeEventListener('abort', onAbort)
          socket.pause()
          resolve(byte)
        }
        const onAbort = () => done(undefined)
        settle = done
        signal.addEventListener('abort', onAbort)
        socket.resume()
      })
    },
  }
}
