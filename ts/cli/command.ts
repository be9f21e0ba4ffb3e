/**
 * What a program and its commands are. A command is a clipanion class that declares its options and returns an exit code. Options have
 * a long name only (the short ones are the grammar's) and always a description, which may start with the value's name:
 * `<dir> the root to work below`, `[=<seconds>] waits for the lock`.
 */
import { Command } from 'clipanion'
import type { Grammar } from './argv.ts'
import type { Io } from './io.ts'

export interface ProgramContext {
  readonly io: Io
  /** The program's name, as in `peipkg: …`. */
  readonly program: string
  /** All that it is made of. */
  readonly definition: Program
  /** The command's words, as `repo add`. */
  readonly command: string
  /** The argv as typed, without the interpreter: what history and the lock's message record. */
  readonly argv: readonly string[]
  /** An option as it was typed, for messages: `-n` for `limit`. */
  readonly typed: (option: string) => string
}

/** What a command's arguments name, for completion. */
export type CompletedNames = 'installed' | 'available' | 'repositories'

export abstract class ProgramCommand extends Command {
  /** Set before `run`. (Not `context`: clipanion's carries streams of its own.) */
  declare program: ProgramContext

  /** clipanion lists the options of commands that have one. The texts are ours: help.ts. */
  static override usage = {}

  /** What follows the command's words in its usage line, as `[options] <name>…`. */
  static readonly synopsis: string

  /** Paragraphs that say more than the summary. */
  static readonly details: readonly string[] = []

  /** The schema of the JSON document, by its name in docs/schemas, where it is not that of the command's words. */
  static readonly document: string | undefined = undefined

  /** What its arguments name, for completion; files where nothing is said. */
  static readonly completes: CompletedNames | undefined = undefined

  /** Words of which one comes first, before what `completes` names; for completion. */
  static readonly firstArguments: readonly string[] = []

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
  readonly details: readonly string[]
  readonly document: string | undefined
  readonly completes: CompletedNames | undefined
  readonly firstArguments: readonly string[]
  readonly examples: readonly string[]
}

/** What a program is made of: its grammar and its table of commands. */
export interface Program {
  readonly name: string
  /** One sentence, for `help`. */
  readonly summary: string
  readonly grammar: Grammar
  /** By the command's words (`install`, `repo add`), in the order of `help`. Synonyms share `load`. */
  readonly commands: Readonly<Record<string, CommandEntry>>
  /** File 8: the producers end with 1 when an option or argument is missing. */
  readonly exitWhenMissing: 1 | 2
}

export interface CommandEntry {
  readonly summary: string
  readonly load: () => Promise<ProgramCommandClass>
  /** A synonym: not listed by `help`. */
  readonly hidden?: boolean
}
