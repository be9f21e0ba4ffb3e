/** The texts of `help`, from what the commands declare. */
import { Cli } from 'clipanion'
import type { ProgramCommandClass } from './command.ts'
import type { Program } from './definition.ts'

/** All commands of a program, or those of one group (`repo `). */
export function programHelp(program: Program, group = ''): string {
  const listed = Object.entries(program.commands).filter(
    ([name, { hidden }]) => name.startsWith(group) && hidden !== true,
  )
  const width = Math.max(...listed.map(([name]) => name.length))
  const lines = listed.map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`)
  return [
    `${program.name}: ${program.summary}`,
    '',
    `usage: ${program.name} <command> [options] [arguments]`,
    `       ${program.name} help [command]`,
    `       ${program.name} --version`,
    '',
    ...lines,
    '',
  ].join('\n')
}

export function commandHelp(
  program: Program,
  command: string,
  summary: string,
  commandClass: ProgramCommandClass,
): string {
  const options = Cli.from([commandClass], { binaryName: program.name }).definitions()[0]?.options ?? []
  const named = options.map(({ definition, description = '' }) =>
    optionLine(definition, description, program.grammar.short),
  )
  const width = Math.max(0, ...named.map(([definition]) => definition.length))
  const lines = named.map(([definition, description]) => `  ${definition.padEnd(width)}  ${description}`)
  return [
    `usage: ${program.name} ${command} ${commandClass.synopsis}`.trimEnd(),
    '',
    summary,
    ...(lines.length > 0 ? ['', 'options:', ...lines.map((line) => line.trimEnd())] : []),
    ...exampleLines(program.name, commandClass.examples),
    '',
  ].join('\n')
}

function exampleLines(program: string, examples: readonly string[]): readonly string[] {
  if (examples.length === 0) return []
  return [
    '',
    examples.length === 1 ? 'example:' : 'examples:',
    ...examples.map((line) => `  ${program} ${line}`),
  ]
}

/** A description that starts with `<dir> ` names the option's value; clipanion's definition calls it `#0`. */
function optionLine(
  definition: string,
  description: string,
  short: Readonly<Record<string, string>>,
): [definition: string, description: string] {
  const [, value = '', text = description] = /^(\[?=?<[^>]+>\]?) (.*)$/.exec(description) ?? []
  const name = definition.replace(/ #\d+$/, '')
  const letter = Object.keys(short).find((key) => `--${short[key]}` === name)
  const separator = value.startsWith('<') ? ' ' : ''
  return [`${letter === undefined ? '    ' : `-${letter}, `}${name}${separator}${value}`, text]
}
