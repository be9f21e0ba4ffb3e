/** Runs one program: finds the command, loads only that one, binds its options, reports what it throws. */
import { nearest } from '../config/nearest.ts'
import { PeiError, reasonOf } from '../native/errors.ts'
import { asksForJson, type ParsedArgv, parseArgv } from './argv.ts'
import { bindCommand } from './bind.ts'
import type { CommandEntry, Program } from './command.ts'
import { type Io, processIo } from './io.ts'
import { reportError } from './report-error.ts'
import { receivedSignal } from './signals.ts'
import { UsageError } from './usage-error.ts'
import { version } from './version.ts'

/** Never throws; the exit code is returned, and set by `main` only. */
export async function runProgram(
  program: Program,
  argv: readonly string[],
  io: Io = processIo(),
): Promise<number> {
  let command: string | undefined
  try {
    const parsed = parseArgv(argv, program.grammar)
    const asksForHelp = asks(parsed, 'help')
    if (asks(parsed, 'version') && parsed.words.length === 0) {
      return await say(`${program.name} ${version}\n`, io)
    }
    if (parsed.words[0] === 'help' || (asksForHelp && parsed.words.length === 0)) {
      return await help(program, parsed.words.slice(1), io)
    }
    if (asksForHelp && isGroup(program, parsed.words)) return await help(program, parsed.words, io)
    command = commandOf(program, parsed.words)
    if (asksForHelp) return await help(program, command.split(' '), io)
    const commandClass = await entryOf(program, command).load()
    const instance = bindCommand(commandClass, withoutCommand(parsed, command))
    const typed = (option: string) => typedAs(option, parsed)
    instance.program = { io, program: program.name, definition: program, command, argv, typed }
    const code = await instance.execute()
    if (instance.needsOutput) await checkOutput(io)
    return code
  } catch (error) {
    const { name, exitWhenMissing } = program
    const context = {
      program: name,
      json: asksForJson(argv, program.grammar),
      signal: receivedSignal(),
      exitWhenMissing,
    }
    return reportError(error, command === undefined ? context : { ...context, command }, io)
  }
}

async function say(text: string, io: Io): Promise<number> {
  io.stdout.write(text)
  await checkOutput(io)
  return 0
}

/** Throws PEI_IO when what was printed did not arrive. */
async function checkOutput(io: Io): Promise<void> {
  const failure = await io.stdoutFailure?.()
  if (failure !== undefined) throw new PeiError('PEI_IO', `cannot write to stdout: ${reasonOf(failure)}`)
}

/** Whether a flag of the whole program was given (a command may have an option with a value of the same name). */
function asks(parsed: ParsedArgv, flag: string): boolean {
  return parsed.options.some(({ name, value }) => name === flag && value === true)
}

function typedAs(option: string, parsed: ParsedArgv): string {
  return parsed.options.findLast(({ name }) => name === option)?.typed ?? `--${option}`
}

/** Whether the words are nothing but the first one of several commands, as `repo`. */
function isGroup(program: Program, words: readonly string[]): boolean {
  return words.length === 1 && Object.keys(program.commands).some((name) => name.startsWith(`${words[0]} `))
}

/** The longest run of words that names a command. */
function commandOf(program: Program, words: readonly string[]): string {
  const [first, second] = words
  if (first === undefined) throw new UsageError('missing', 'no command was given')
  const pair = `${first} ${second ?? ''}`
  if (Object.hasOwn(program.commands, pair)) return pair
  if (Object.hasOwn(program.commands, first)) return first
  const group = Object.keys(program.commands).filter((name) => name.startsWith(`${first} `))
  if (group.length > 0 && second === undefined) {
    throw new UsageError('missing', `"${first}" needs one of: ${group.map(lastWord).join(', ')}`)
  }
  const asked = group.length > 0 ? pair : first
  const near = nearest(asked, Object.keys(program.commands))
  throw new UsageError(
    'unknown',
    `unknown command "${asked}"${near === undefined ? '' : ` (did you mean "${near}"?)`}`,
  )
}

const lastWord = (name: string): string => name.slice(name.lastIndexOf(' ') + 1)

const entryOf = (program: Program, command: string): CommandEntry => program.commands[command] as CommandEntry

function withoutCommand(parsed: ParsedArgv, command: string): ParsedArgv {
  return { ...parsed, words: parsed.words.slice(command.split(' ').length) }
}

async function help(program: Program, words: readonly string[], io: Io): Promise<number> {
  const { commandHelp, programHelp } = await import('./help.ts')
  if (words.length === 0 || words[0] === 'help') {
    return await say(programHelp(program), io)
  }
  if (isGroup(program, words)) {
    return await say(programHelp(program, `${words[0]} `), io)
  }
  const command = commandOf(program, words)
  const surplus = words[command.split(' ').length]
  if (surplus !== undefined) throw new UsageError('surplus', `unexpected argument "${surplus}"`)
  const entry = entryOf(program, command)
  return await say(commandHelp(program, command, entry.summary, await entry.load()), io)
}
