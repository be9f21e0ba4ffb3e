/** The pipe that a job writes its output into: a real one, both of its streams in one order. */
import { execFile } from 'node:child_process'
import { closeSync, constants, openSync, rmSync } from 'node:fs'
import { Socket } from 'node:net'
import { promisify } from 'node:util'

export interface Fifo {
  /** For the job; closed here as soon as the job has it. */
  readonly writeEnd: number
  closeWriteEnd(): void
  /**
   * Resolves at the end: nobody has it open any more. Rejects when it cannot be read, or `take` throws: what comes later is
   * then lost, and whoever writes finds out.
   */
  read(take: (chunk: Buffer) => void): Promise<void>
  /** Does not wait for the end: somebody we cannot see may hold it open. */
  destroy(): void
}

/**
 * Node's own pipes to children are sockets, which /dev/stdout cannot be opened through; many scripts do that.
 * `path` is used up.
 */
export async function openFifo(path: string): Promise<Fifo> {
  await promisify(execFile)('mkfifo', ['-m', '600', path])
  const readEnd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  const writeEnd = openSync(path, constants.O_WRONLY)
  rmSync(path)
  let socket: Socket | undefined
  let open = true
  return {
    writeEnd,
    closeWriteEnd() {
      if (open) closeSync(writeEnd)
      open = false
    },
    read(take) {
      const stream = new Socket({ fd: readEnd, readable: true, writable: false })
      socket = stream
      return new Promise((resolve, reject) => {
        stream.on('data', (chunk: Buffer) => {
          try {
            take(chunk)
          } catch (error) {
            stream.destroy()
            reject(error)
          }
        })
        stream.on('error', reject)
        stream.on('close', () => resolve())
      })
    },
    destroy() {
      if (socket === undefined) closeSync(readEnd)
      else socket.destroy()
    },
  }
}
