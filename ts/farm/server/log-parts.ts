/** One log an execution, in it one part an attempt, and a line between two of them. */
import type { Context, Live } from './context.ts'

type Part = Pick<Live, 'execution' | 'number' | 'worker'>

/** Ends a line that the attempt before left open. */
const lineOf = ({ number, worker }: Part): Buffer =>
  Buffer.from(`\n[peipkg-farm: attempt ${number} on ${worker}]\n`)

/** Where the part of an attempt begins: after a line that is written by `beginPart`, once it is known that there is an attempt. */
export async function placeOfPart({ logs }: Context, part: Part): Promise<number> {
  const length = await logs.length(part.execution)
  if (part.number === 1) return length
  const last = length === 0 ? Buffer.from('\n') : await logs.read(part.execution, length - 1, 1)
  return length + lineOf(part).length - (last.toString('latin1') === '\n' ? 1 : 0)
}

/** Writes what is missing of that line, which may be all of it: done again it changes nothing. */
export async function beginPart({ logs }: Context, live: Live): Promise<void> {
  const length = await logs.length(live.execution)
  const missing = live.logOffset - length
  const line = lineOf(live)
  if (missing > 0 && missing <= line.length) {
    await logs.write(live.execution, length, line.subarray(line.length - missing))
  }
}
