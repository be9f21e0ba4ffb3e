/** Man pages of all programs: one for each program, one for each command. */
import type { Program } from '../command.ts'
import { type CommandDescription, describeProgram } from '../describe.ts'
import { version } from '../version.ts'
import { sentence } from './reference.ts'

/** File name → text. */
export async function manPages(programs: readonly Program[]): Promise<ReadonlyMap<string, string>> {
  const pages = new Map<string, string>()
  const add = (name: string, text: string): void => {
    if (pages.has(name)) throw new Error(`two commands have the man page ${name}`)
    pages.set(name, text)
  }
  for (const program of programs) {
    const commands = await describeProgram(program)
    add(`${program.name}.1`, programPage(program, commands))
    for (const command of commands) add(`${pageName(program, command)}.1`, commandPage(program, command))
  }
  return pages
}

const pageName = (program: Program, { words }: CommandDescription): string =>
  `${program.name}-${words.replaceAll(' ', '-')}`

function programPage(program: Program, commands: readonly CommandDescription[]): string {
  return page(program.name, program.name, program.summary.replace(/\.$/, ''), [
    ...section('SYNOPSIS', [`.B ${roff(program.name)}`, roff('<command> [options] [arguments]')]),
    ...section(
      'COMMANDS',
      commands.flatMap(({ words, summary }) => item(words, summary)),
    ),
    ...section('SEE ALSO', [
      commands.map((command) => `.BR ${roff(pageName(program, command))} (1)`).join('\n'),
    ]),
  ])
}

function commandPage(program: Program, command: CommandDescription): string {
  const { words, summary, synopsis, details, options, examples } = command
  const optionItems = options.flatMap(({ name, short, value, text }) =>
    item(`${short === null ? '' : `${short}, `}${name}${value}`, text),
  )
  return page(pageName(program, command), program.name, summary, [
    ...section('SYNOPSIS', [`.B ${roff(`${program.name} ${words}`)}`, roff(synopsis)]),
    ...section(
      'DESCRIPTION',
      [sentence(summary), ...details].flatMap((text) => ['.PP', roff(text)]),
    ),
    ...section('OPTIONS', optionItems),
    ...section(
      'EXAMPLES',
      examples.flatMap((line) => ['.PP', '.nf', roff(`${program.name} ${line}`), '.fi']),
    ),
    ...section('EXIT STATUS', [
      roff(
        '0: done, also when there was nothing to do or the question was answered with no. 1: failed. 2: not understood.',
      ),
    ]),
    ...section('SEE ALSO', [`.BR ${roff(program.name)} (1)`]),
  ])
}

export function page(name: string, program: string, summary: string, lines: readonly string[]): string {
  return [
    `.TH "${roff(name.toUpperCase())}" 1 "" "${roff(`${program} ${version}`)}" "Peios"`,
    '.SH NAME',
    roff(`${name} - ${summary}`),
    ...lines,
    '',
  ].join('\n')
}

export function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [`.SH ${title}`, ...lines]
}

export function item(term: string, text: string): readonly string[] {
  return ['.TP', `.B ${roff(term)}`, roff(text)]
}

/** Text of a line: nothing in it is a request or an escape, and dashes are those of the keyboard. */
export function roff(text: string): string {
  const escaped = text.replaceAll('\\', '\\e').replaceAll('-', '\\-').replaceAll('"', '\\(dq')
  return /^[.']/.test(escaped) ? `\\&${escaped}` : escaped
}
