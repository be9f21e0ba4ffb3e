/** `peipkg` as a person runs it: standard input is a terminal. In this process, since no child of ours has one. */
import { PassThrough } from 'node:stream'
import type { Io } from '../../../ts/cli/io.ts'
import { program } from '../../../ts/cli/peipkg/program.ts'
import { runProgram } from '../../../ts/cli/program.ts'
import type { Scratch } from './scratch.ts'

export interface Answered {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs a command whose questions are answered by the lines of `input`. */
export async function atTerminal(s: Scratch, args: readonly string[], input: string): Promise<Answered> {
  const said = { stdout: '', stderr: '' }
  const output = (name: 'stdout' | 'stderr') => ({
    write: (text: string) => {
      said[name] += text
    },
    isTerminal: false,
    width: 80,
    height: 24,
  })
  const stdin = Object.assign(new PassThrough(), { isTTY: true })
  stdin.end(input)
  const io: Io = { stdin, stdout: output('stdout'), stderr: output('stderr'), environment: {} }
  const code = await runProgram(program, [...args, '--root', s.root], io)
  return { code, ...said }
}
