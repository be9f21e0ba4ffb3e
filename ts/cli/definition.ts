/** What a program is made of: its grammar and its table of commands. */
import type { Grammar } from './argv.ts'
import type { ProgramCommandClass } from './command.ts'

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
