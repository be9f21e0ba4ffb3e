/** The streams of a program, and what each of them is: the only place that writes to them. */
import { fstatSync, writeSync } from 'node:fs'
import type { ReadStream } from 'node:tty'

export interface Output {
  /** Bytes go as they are. */
  write(text: string | Uint8Array): void
  readonly isTerminal: boolean
  /** Columns, when it is a terminal. */
  readonly width: number
  /** Lines, when it is a terminal. */
  readonly height: number
}

export interface Io {
  readonly stdin: NodeJS.ReadableStream & Partial<Pick<ReadStream, 'isTTY'>>
  readonly stdout: Output
  readonly stderr: Output
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Why stdout could not be written, once all was tried: the disk is full. A reader that went away is no failure. */
  readonly stdoutFailure?: () => Promise<Error | undefined>
}

/**
 * The process' own streams, each opened with its first use. A reader that went away (EPIPE) stops the output, never the
 * work (file 5).
 */
export function processIo(): Io {
  let stdout: CheckedOutput | undefined
  let stderr: CheckedOutput | undefined
  return {
    get stdin() {
      return process.stdin
    },
    get stdout() {
      stdout ??= isPlain(1) ? plainOutput(1, () => process.stdout) : output(process.stdout)
      return stdout
    },
    get stderr() {
      stderr ??= isPlain(2) ? plainOutput(2, () => process.stderr) : output(process.stderr)
      return stderr
    },
    environment: process.env,
    stdoutFailure: async () => await stdout?.failure(),
  }
}

interface CheckedOutput extends Output {
  write(text: string | Uint8Array): void
  failure(): Promise<Error | undefined>
}

/** Device number of /dev/null on Linux. */
const NULL_DEVICE = 0x103

/** Whether a descriptor is a file, a pipe or /dev/null: written to without Node's streams, which take 6 ms to load. */
function isPlain(descriptor: number): boolean {
  try {
    const found = fstatSync(descriptor)
    return found.isFile() || found.isFIFO() || found.rdev === NULL_DEVICE
  } catch {
    return false
  }
}

/** Node writes to files and pipes at once, too. `stream` takes over a pipe that somebody made non-blocking. */
function plainOutput(descriptor: number, stream: () => NodeJS.WriteStream): CheckedOutput {
  let open = true
  let failure: Error | undefined
  let other: CheckedOutput | undefined
  const writeAll = (bytes: Buffer): void => {
    for (let at = 0; at < bytes.length; ) {
      try {
        at += writeSync(descriptor, bytes, at)
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException
        if (code === 'EAGAIN') {
          other = output(stream())
          other.write(bytes.subarray(at))
          return
        }
        open = false
        if (code !== 'EPIPE') failure = error as Error
        return
      }
    }
  }
  return {
    write(text) {
      if (other !== undefined) other.write(text)
      else if (open) writeAll(Buffer.from(text))
    },
    failure: async () => (other === undefined ? failure : await other.failure()),
    isTerminal: false,
    width: 80,
    height: 24,
  }
}

function output(stream: NodeJS.WriteStream): CheckedOutput {
  let open = true
  let failure: Error | undefined
  stream.on('error', (error: NodeJS.ErrnoException) => {
    open = false
    if (error.code !== 'EPIPE') failure ??= error
  })
  return {
    write(text) {
      if (open) stream.write(text)
    },
    async failure() {
      // The callback comes after what was written before, and after its error.
      if (open) await new Promise((resolve) => stream.write('', resolve))
      await new Promise(setImmediate)
      return failure
    },
    isTerminal: stream.isTTY === true,
    get width() {
      // Zero: a terminal that does not know its size.
      return stream.columns || 80
    },
    get height() {
      return stream.rows || 24
    },
  }
}
