/** What may stand at the end of a command line: commands, options, names. The shells' scripts only ask. */
import type { Grammar } from './argv.ts'
import type { CompletedNames, Program, ProgramCommandClass } from './command.ts'
import { describeCommand } from './describe.ts'

export interface CompletionRequest {
  readonly program: Program
  /** After the program's name; the last one is being typed, and may be empty. */
  readonly words: readonly string[]
  /** Names of one kind, for the root that the words name; may be slow. */
  names(kind: CompletedNames, root: string | undefined): Promise<readonly string[]>
}

/** Whole words that the last one may become, by bytes. Never throws for what is typed half. */
export async function complete(request: CompletionRequest): Promise<readonly string[]> {
  const { program, words } = request
  const typed = words.at(-1) ?? ''
  const { command, asksForValue, root, isEnded, isFirst, isHelp } = read(words.slice(0, -1), program)
  if (asksForValue) return []
  const entry = command === undefined ? undefined : program.commands[command]
  if (command === undefined || entry === undefined) return starting(typed, nextWords(program, command))
  if (isHelp) return []
  const commandClass = await entry.load()
  if (isFirst && commandClass.firstArguments.length > 0 && !typed.startsWith('-')) {
    return starting(typed, commandClass.firstArguments)
  }
  const isDashed = program.grammar.dashed?.command === command
  if (!isEnded && typed.startsWith(isDashed ? '--' : '-')) {
    return starting(typed, optionsOf(program, command, commandClass))
  }
  const names = (kind: CompletedNames) => request.names(kind, root)
  if (!isDashed) {
    return commandClass.completes === undefined ? [] : starting(typed, await names(commandClass.completes))
  }
  const removals = typed.startsWith('+') ? [] : (await names('installed')).map((name) => `-${name}`)
  const installs = typed.startsWith('-') ? [] : (await names('available')).map((name) => `+${name}`)
  return starting(typed, [...installs, ...removals])
}

interface Read {
  /** The command's words, whole or the first of a group; undefined before them. */
  readonly command: string | undefined
  /** The word being typed is an option's value. */
  readonly asksForValue: boolean
  readonly root: string | undefined
  /** `--` came. */
  readonly isEnded: boolean
  /** Nothing but options stands between the command and the word being typed. */
  readonly isFirst: boolean
  /** `help` came: it takes the words of a command and nothing else. */
  readonly isHelp: boolean
}

function read(words: readonly string[], { grammar, commands }: Program): Read {
  const plain: string[] = []
  let root: string | undefined
  let asking: string | undefined
  let isEnded = false
  for (const word of words) {
    if (asking !== undefined) {
      if (asking === 'root') root = word
      asking = undefined
    } else if (isEnded || !word.startsWith('-')) plain.push(word)
    else if (word === '--') isEnded = true
    else {
      const [name = '', value] = word.replace(/^--?/, '').split(/=(.*)/s)
      if (value !== undefined && name === 'root') root = value
      if (value === undefined && takesValue(name, grammar)) asking = fullName(name, grammar)
    }
  }
  const isHelp = plain[0] === 'help'
  if (isHelp) plain.shift()
  const pair = plain.slice(0, 2).join(' ')
  const isGroup = Object.keys(commands).some((name) => name.startsWith(`${plain[0]} `))
  const command = isGroup && Object.hasOwn(commands, pair) ? pair : plain[0]
  const isFirst = plain.length === command?.split(' ').length
  return { command, asksForValue: asking !== undefined, root, isEnded, isFirst, isHelp }
}

const fullName = (name: string, { short }: Grammar): string => short[name] ?? name

function takesValue(name: string, grammar: Grammar): boolean {
  return [...grammar.values, ...grammar.paths].includes(fullName(name, grammar))
}

/** The words of commands that come next: the first ones, or the second ones of a group. */
function nextWords(program: Program, group: string | undefined): readonly string[] {
  const listed = Object.entries(program.commands).filter(([, { hidden }]) => hidden !== true)
  const names = [...listed.map(([name]) => name), ...(group === undefined ? ['help'] : [])]
  if (group === undefined) return names.map((name) => name.replace(/ .*/, ''))
  return names.filter((name) => name.startsWith(`${group} `)).map((name) => name.slice(group.length + 1))
}

function optionsOf(program: Program, command: string, commandClass: ProgramCommandClass): readonly string[] {
  return ['--help', ...describeCommand(program, command, commandClass).options.map(({ name }) => name)]
}

function starting(typed: string, words: readonly string[]): readonly string[] {
  return [...new Set(words)].filter((word) => word.startsWith(typed)).sort()
}
