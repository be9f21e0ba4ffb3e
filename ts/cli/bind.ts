/** Binds a parsed argv to the options that a command declares, with clipanion. */
import { Cli } from 'clipanion'
import { type ParsedArgv, type ParsedOption, unknownOption } from './argv.ts'
import type { ProgramCommand, ProgramCommandClass } from './command.ts'
import { UsageError } from './usage-error.ts'

/**
 * `parsed` without the command's own words. Throws UsageError for an option that this command does not take, and for
 * missing or surplus arguments.
 */
export function bindCommand(commandClass: ProgramCommandClass, parsed: ParsedArgv): ProgramCommand {
  const cli = Cli.from([commandClass], { binaryName: 'program' })
  try {
    return cli.process([...canonical(parsed.options), '--', ...parsed.words], {}) as ProgramCommand
  } catch (error) {
    // Only now, because it costs: which options and arguments does this command take?
    const [definition] = cli.definitions()
    const known = definition?.options.map(nameIn) ?? []
    const foreign = parsed.options.find(({ name }) => !known.includes(name))
    if (foreign !== undefined) throw unknownOption(foreign.typed, known)
    throw asUsageError(error, parsed.words, definition?.usage ?? '', commandClass.synopsis)
  }
}

/** `--root #0` → `root`. */
function nameIn({ definition }: { readonly definition: string }): string {
  return definition.replace(/^--/, '').replace(/ .*/, '')
}

/** The form that clipanion reads: `--name=value`, flags that are on, of each flag the last word. */
function canonical(options: readonly ParsedOption[]): string[] {
  const flags = new Map<string, boolean>()
  const valued: string[] = []
  for (const { name, value } of options) {
    if (typeof value === 'boolean') flags.set(name, value)
    else valued.push(`--${name}=${value}`)
  }
  return [...[...flags].filter(([, on]) => on).map(([name]) => `--${name}`), ...valued]
}

function asUsageError(error: unknown, words: readonly string[], usage: string, synopsis: string): unknown {
  if (!(error instanceof Error) || !('clipanion' in error)) return error
  const [line = ''] = error.message.replace(/^Unknown Syntax Error: /, '').split('\n')
  const surplus = /Extraneous positional argument \("([\s\S]*)"\)/.exec(line)
  if (surplus) return new UsageError('surplus', `unexpected argument "${surplus[1]}"`)
  if (!/^(Not enough positional|Command not found)/.test(line)) return new UsageError('malformed', line)
  const unexpected = words[positionals(usage)]
  return unexpected === undefined
    ? new UsageError('missing', `an argument is missing: ${synopsis.replace(/^\[options\] /, '')}`)
    : new UsageError('surplus', `unexpected argument "${unexpected}"`)
}

/** How many arguments a usage line has besides its options: `... [--out #0] <file>` has one. */
function positionals(usage: string): number {
  return usage.replace(/\[--[^\]]*\]/g, '').match(/<[^>]+>|\[[^\]]+\]/g)?.length ?? 0
}
