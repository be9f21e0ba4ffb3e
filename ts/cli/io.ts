/** The streams of a program, and what each of them is: the only place that writes to them. */
import type { ReadStream } from 'node:tty'

export interface Output {
  write(text: string): void
  readonly isTerminal: boolean
  /** Columns, when it is a terminal. */
  readonly width: number
}

export interface Io {
  readonly stdin: NodeJS.ReadableStream & Partial<Pick<ReadStream, 'isTTY'>>
  readonly stdout: Output
  readonly stderr: Output
  readonly environment: Readonly<Record<string, string | undefined>>
}

/**
 * The process' own streams, each opened with its first use (that costs 2 ms). A reader that went away (EPIPE) stops the
 * output, never the work (file 5).
 */
export function processIo(): Io {
  let stdout: Output | undefined
  let stderr: Output | undefined
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
  }
}

function output(stream: NodeJS.WriteStream): Output {
  let open = true
  stream.on('error', () => {
    open = false
  })
  return {
    write(text) {
      if (open) stream.write(text)
    },
    isTerminal: stream.isTTY === true,
    get width() {
      // Zero: a terminal that does not know its size.
      return stream.columns || 80
    },
  }
}
