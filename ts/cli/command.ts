/**
 * What a command of any program is: a clipanion class that declares its options and returns an exit code. Options have
 * a long name only (the short ones are the grammar's) and always a description, which may start with the value's name:
 * `<dir> the root to work below`, `[=<seconds>] waits for the lock`.
 */
import { Command } from 'clipanion'
import type { Io } from './io.ts'

export interface ProgramContext {
  readonly io: Io
  /** The program's name, as in `peipkg: …`. */
  readonly program: string
  /** The command's words, as `repo add`. */
  readonly command: string
  /** The argv as typed, without the interpreter: what history and the lock's message record. */
  readonly argv: readonly string[]
  /** An option as it was typed, for messages: `-n` for `limit`. */
  readonly typed: (option: string) => string
}

export abstract class ProgramCommand extends Command {
  /** Set before `run`. (Not `context`: clipanion's carries streams of its own.) */
  declare program: ProgramContext

  /** clipanion lists the options of commands that have one. The texts are ours: help.ts. */
  static override usage = {}

  /** What follows the command's words in its usage line, as `[options] <name>…`. */
  static readonly synopsis: string

  /** Whole command lines for `--help`, without the program's name. */
  static readonly examples: readonly string[] = []

  /** Whether output that cannot be written is a failure; not of a change, which is committed by then (file 5). */
  readonly needsOutput: boolean = true

  /** Does the work and returns the exit code; failures are thrown. */
  abstract run(): Promise<number>

  override execute(): Promise<number> {
    return this.run()
  }

  protected print(line: string): void {
    this.printText(`${line}\n`)
  }

  /** Text on stdout as it is. */
  protected printText(text: string): void {
    this.program.io.stdout.write(text)
  }

  /** A note for people on stderr, as it is. */
  protected note(line: string): void {
    this.program.io.stderr.write(`${line}\n`)
  }
}

export type ProgramCommandClass = (new () => ProgramCommand) & {
  readonly synopsis: string
  readonly examples: readonly string[]
}
