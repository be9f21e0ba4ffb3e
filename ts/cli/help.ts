/** The texts of `help`, from what the commands declare. */
import type { Program, ProgramCommandClass } from './command.ts'
import { describeCommand } from './describe.ts'

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
    `usage: ${program.name} ${program.grammar.paths.includes('root') ? '[--root <dir>] ' : ''}<command> [options] [arguments]`,
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
  const { synopsis, details, options, examples } = describeCommand(program, command, commandClass)
  const named = options.map(({ name, short, value, text }): [string, string] => {
    return [`${short === null ? '    ' : `${short}, `}${name}${value}`, text]
  })
  const width = Math.max(0, ...named.map(([definition]) => definition.length))
  const lines = named.map(([definition, description]) => `  ${definition.padEnd(width)}  ${description}`)
  return [
    `usage: ${program.name} ${command} ${synopsis}`.trimEnd(),
    '',
    summary,
    ...details.flatMap((paragraph) => ['', ...wrapped(paragraph)]),
    ...(lines.length > 0 ? ['', 'options:', ...lines.map((line) => line.trimEnd())] : []),
    ...exampleLines(program.name, examples),
    '',
  ].join('\n')
}

/** Columns of a paragraph. */
const paragraphWidth = 80

function wrapped(paragraph: string): readonly string[] {
  const lines: string[] = []
  let line = ''
  for (const word of paragraph.split(' ')) {
    if (line !== '' && line.length + word.length >= paragraphWidth) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}

function exampleLines(program: string, examples: readonly string[]): readonly string[] {
  if (examples.length === 0) return []
  return [
    '',
    examples.length === 1 ? 'example:' : 'examples:',
    ...examples.map((line) => `  ${program} ${line}`),
  ]
}
