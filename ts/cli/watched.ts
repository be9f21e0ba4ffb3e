/** Long work, as people see it: how far it is, what it has to say meanwhile, and an end to it when they want one. */
import type { OnProgress } from '../native/task.ts'
import type { ProgramContext } from './command.ts'
import { progressLine } from './render/progress-line.ts'
import { warningLine } from './report-error.ts'
import { catchSignals } from './signals.ts'

export interface Watch {
  readonly progress: OnProgress
  /** Aborts at the first signal that ends programs. */
  readonly signal: AbortSignal
  /** A line on standard error. */
  readonly note: (line: string) => void
  readonly warn: (text: string) => void
}

/** The line of progress is gone when this resolves. */
export async function watched<T>(
  { io, program }: Pick<ProgramContext, 'io' | 'program'>,
  work: (watch: Watch) => Promise<T>,
): Promise<T> {
  const line = progressLine(io.stderr)
  const write = (text: string) => {
    line.clear()
    io.stderr.write(text)
  }
  const caught = catchSignals()
  try {
    return await work({
      progress: line.update,
      signal: caught.signal,
      note: (text) => write(`${text}\n`),
      warn: (text) => write(warningLine(program, text)),
    })
  } finally {
    line.clear()
    caught.release()
  }
}
