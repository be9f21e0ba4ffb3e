/** What a command declares of itself, as help, man pages, the reference and completion tell it. */
import { Cli } from 'clipanion'
import type { Program, ProgramCommandClass } from './command.ts'

export interface CommandDescription {
  /** The command's words, as `repo add`. */
  readonly words: string
  readonly summary: string
  readonly synopsis: string
  readonly details: readonly string[]
  readonly options: readonly OptionDescription[]
  readonly examples: readonly string[]
  /** The schema of what it prints with `--json`, by its name in docs/schemas; null where it has no such option. */
  readonly document: string | null
}

interface OptionDescription {
  /** With its dashes. */
  readonly name: string
  /** `-y`, where there is a short form. */
  readonly short: string | null
  /** ` <dir>`, `[=<seconds>]`, or empty. */
  readonly value: string
  readonly text: string
}

export function describeCommand(
  program: Program,
  words: string,
  commandClass: ProgramCommandClass,
): CommandDescription {
  const definition = Cli.from([commandClass], { binaryName: program.name }).definitions()[0]
  const options = (definition?.options ?? []).map((option) =>
    describeOption(option.definition, option.description ?? '', program.grammar.short),
  )
  return {
    words,
    summary: program.commands[words]?.summary ?? '',
    synopsis: commandClass.synopsis,
    details: commandClass.details,
    options,
    examples: commandClass.examples,
    document: options.some(({ name }) => name === '--json')
      ? (commandClass.document ?? words.replaceAll(' ', '-'))
      : null,
  }
}

/** Every command that `help` lists, in its order. */
export async function describeProgram(program: Program): Promise<readonly CommandDescription[]> {
  const listed = Object.entries(program.commands).filter(([, { hidden }]) => hidden !== true)
  return await Promise.all(
    listed.map(async ([words, { load }]) => describeCommand(program, words, await load())),
  )
}

/** A description that starts with `<dir> ` names the option's value; clipanion's definition calls it `#0`. */
function describeOption(
  definition: string,
  description: string,
  letters: Readonly<Record<string, string>>,
): OptionDescription {
  const [, value = '', text = description] = /^(\[?=?<[^>]+>\]?) (.*)$/.exec(description) ?? []
  const name = definition.replace(/ #\d+$/, '')
  const letter = Object.keys(letters).find((key) => `--${letters[key]}` === name)
  const separator = value.startsWith('<') ? ' ' : ''
  return { name, short: letter === undefined ? null : `-${letter}`, value: separator + value, text }
}
