/** The log of a job, which is anybody's bytes: a file or a pipe gets them as they are, a terminal what cannot harm it. */
import { StringDecoder } from 'node:string_decoder'
import { escapeText } from '../../native/escape.ts'
import type { Output } from '../io.ts'

export interface LogOutput {
  write(bytes: Buffer): void
  /** Ends a line that was left open. */
  end(): void
}

export function logOutput(output: Output): LogOutput {
  let last = '\n'
  if (!output.isTerminal) {
    return {
      write(bytes) {
        output.write(bytes)
        if (bytes.length > 0) last = String.fromCharCode(bytes[bytes.length - 1] ?? 10)
      },
      end() {
        if (last !== '\n') output.write('\n')
      },
    }
  }
  const decoder = new StringDecoder('utf8')
  const show = (text: string) => {
    const shown = harmless(text)
    output.write(shown)
    last = shown.at(-1) ?? last
  }
  return {
    write: (bytes) => show(decoder.write(bytes)),
    end() {
      show(decoder.end())
      if (last !== '\n') output.write('\n')
    },
  }
}

/** Colours are left out, lines that write over themselves become several. */
function harmless(text: string): string {
  return text
    .replaceAll(/\u001b\[[0-9;]*m/g, '')
    .replaceAll('\r\n', '\n')
    .replaceAll('\r', '\n')
    .split('\n')
    .map((line) => line.split('\t').map(escapeText).join('\t'))
    .join('\n')
}
