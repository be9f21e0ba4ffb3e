/** The streams of a program, and what each of them is: the only place that writes to them. */
import type { ReadStream } from 'node:tty'

export interface Output {
  write(text: string): void
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
 * The process' own streams, each opened with its first use (that costs 2 ms). A reader that went away (EPIPE) stops the
 * output, never the work (file 5).
 */
export function processIo(): Io {
  let stdout: CheckedOutput | undefined
  let stderr: CheckedOutput | undefined
  return {
    get stdin() {
      return process.stdin
    },
    get stdout() {
      stdout ??= output(process.stdout)
      return stdout
    },
    get stderr() {
      stderr ??= output(process.stderr)
      return stderr
    },
    environment: process.env,
    stdoutFailure: async () => await stdout?.failure(),
  }
}

interface CheckedOutput extends Output {
  failure(): Promise<Error | undefined>
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
