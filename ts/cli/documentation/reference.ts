/** The reference of all programs, as Markdown. */
import type { Program } from '../command.ts'
import { type CommandDescription, describeProgram } from '../describe.ts'

export async function reference(programs: readonly Program[]): Promise<string> {
  const parts = await Promise.all(programs.map(programReference))
  return [
    '# Reference',
    '',
    'Generated from the command definitions by `npm run docs`; a test compares.',
    '',
    ...parts.flat(),
  ]
    .join('\n')
    .trimEnd()
    .concat('\n')
}

async function programReference(program: Program): Promise<readonly string[]> {
  const commands = await describeProgram(program)
  return [
    `## ${program.name}`,
    '',
    `${program.name} ${program.summary}`,
    '',
    '| command | |',
    '|---|---|',
    ...commands.map(({ words, summary }) => {
      return `| [\`${words}\`](#${anchor(`${program.name} ${words}`)}) | ${cell(summary)} |`
    }),
    '',
    ...commands.flatMap((command) => commandReference(program, command)),
  ]
}

function commandReference(program: Program, command: CommandDescription): readonly string[] {
  const { words, summary, synopsis, details, options, examples, document } = command
  return [
    `### ${program.name} ${words}`,
    '',
    '```',
    `${program.name} ${words} ${synopsis}`.trimEnd(),
    '```',
    '',
    `${sentence(summary)}`,
    '',
    ...details.flatMap((paragraph) => [markdown(paragraph), '']),
    ...(document === null
      ? []
      : [`With \`--json\`: [${document}.schema.json](schemas/${document}.schema.json).`, '']),
    ...(options.length === 0 ? [] : ['| option | |', '|---|---|']),
    ...options.map(({ name, short, value, text }) => {
      return `| \`${short === null ? '' : `${short}, `}${cell(name + value)}\` | ${cell(text)} |`
    }),
    ...(options.length === 0 ? [] : ['']),
    ...(examples.length === 0
      ? []
      : ['```sh', ...examples.map((line) => `${program.name} ${line}`), '```', '']),
  ]
}

const cell = (text: string): string => text.replaceAll('|', '\\|')

/** Running text: nothing in it is a tag or emphasis. */
const markdown = (text: string): string => text.replace(/[<*_]/g, '\\$&')

const anchor = (heading: string): string => heading.toLowerCase().replaceAll(' ', '-')

/** `installs packages` → `Installs packages.` */
export function sentence(summary: string): string {
  return `${summary.charAt(0).toUpperCase()}${summary.slice(1)}${summary.endsWith('.') ? '' : '.'}`
}
