/** Asks a question on stderr and reads one line of stdin, whatever stdin is. */
import { PeiError } from '../native/errors.ts'
import type { Io } from './io.ts'
import type { ByteSource } from './stdin-bytes.ts'

export interface Prompter {
  /** The answer without white space around it; undefined at the end of input. Throws PEI_CANCELLED on a signal. */
  ask(question: string): Promise<string | undefined>
  /** The same, but what was typed at the terminal before the question was there is no answer to it. */
  askAnew(question: string): Promise<string | undefined>
}

/** No line is longer than this; what follows belongs to the next one. */
const longestLine = 4096

export function prompter(io: Io, signal: AbortSignal): Prompter {
  // What was read beyond the line asked for answers the next question (`yes | peipkg …`).
  let buffered = ''
  let bytes: ByteSource | undefined
  return {
    ask,
    async askAnew(question) {
      if (io.stdin === process.stdin && io.stdin.isTTY) {
        buffered = ''
        ;(await import('./typed-ahead.ts')).forgetTypedAhead()
      }
      return await ask(question)
    },
  }

  async function ask(question: string): Promise<string | undefined> {
    io.stderr.write(question)
    const line = await nextLine().catch((error: unknown) => {
      io.stderr.write('\n')
      throw error
    })
    if (line === undefined || !io.stdin.isTTY) io.stderr.write('\n')
    return line?.trim()
  }

  async function nextLine(): Promise<string | undefined> {
    for (;;) {
      const end = buffered.indexOf('\n')
      if (end >= 0 || buffered.length >= longestLine) return take(end < 0 ? longestLine : end)
      const more = await next()
      if (more === undefined) return buffered === '' ? undefined : take(buffered.length)
      buffered += more
    }
  }

  /** A terminal gives a line at a time; of anything else that is ours no byte is taken beyond the line. */
  async function next(): Promise<string | undefined> {
    if (io.stdin !== process.stdin || io.stdin.isTTY) return await read(io.stdin, signal)
    bytes ??= (await import('./stdin-bytes.ts')).stdinBytes()
    const byte = await bytes.next(signal)
    if (signal.aborted) throw new PeiError('PEI_CANCELLED', 'cancelled')
    return byte
  }

  function take(length: number): string {
    const line = buffered.slice(0, length)
    buffered = buffered.slice(length + 1)
    return line
  }
}

/** The next piece of input; undefined at its end. Stops reading afterwards, so that the process can end. */
function read(stdin: Io['stdin'], signal: AbortSignal): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    if (stdin.readable === false) return resolve(undefined)
    const stop = () => {
      stdin.pause()
      stdin.off('data', onData).off('end', onEnd).off('error', onEnd)
      signal.removeEventListener('abort', onAbort)
    }
    const onData = (chunk: Buffer | string) => {
      stop()
      resolve(chunk.toString())
    }
    const onEnd = () => {
      stop()
      resolve(undefined)
    }
    const onAbort = () => {
      stop()
      reject(new PeiError('PEI_CANCELLED', 'cancelled'))
    }
    if (signal.aborted) return onAbort()
    signal.addEventListener('abort', onAbort)
    stdin.on('data', onData).on('end', onEnd).on('error', onEnd)
    stdin.resume()
  })
}
