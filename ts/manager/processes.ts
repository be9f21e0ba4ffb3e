/**
 * Finds and ends what builds started and nobody waits for: after a kill of the manager itself, and after a child that
 * could not clean up. Everything we start carries a mark in its environment; build scripts, whose environment
 * peipkg-build makes, are told by SOURCE_DIR. No list is kept that a kill could leave wrong.
 */
import { readdirSync, readFileSync, realpathSync } from 'node:fs'
import { resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** The variable that marks our children; its value is the state directory. */
export const MARK = 'PEIPKG_MANAGER_STATE_DIR'

/** From SIGTERM to SIGKILL of what was found, in milliseconds. */
const GRACE = 3000
/** How long what was killed may take to be gone: it has to be scheduled once more. */
const END = 10_000
const STEP = 20

interface Process {
  readonly pid: number
  readonly parent: number
  readonly group: number
  readonly session: number
  /** In ticks since boot: with the pid it names one process for ever. */
  readonly started: string
}

/**
 * Ends every process whose environment has one of `marks` (`NAME=VALUE`, or `NAME=PREFIX*`), what they started, and what
 * shares a session with them; resolves with how many there were, when all are gone. `gently` asks them first.
 */
export async function endMarked(marks: readonly string[], gently: boolean): Promise<number> {
  const found = findMarked(marks)
  if (found.length === 0) return 0
  if (gently) {
    send(found, 'SIGTERM')
    await gone(found, GRACE)
  }
  // What was started meanwhile is found anew; what hides is still in `found`.
  const left = [...found, ...findMarked(marks)]
  send(left, 'SIGKILL')
  await gone(left, END)
  return found.length
}

/** Kills a process group; resolves when all of it is gone: what is killed may run on until it is next scheduled. */
export async function endGroup(group: number): Promise<void> {
  if (!signalProcess(-group, 'SIGKILL')) return
  const members = listProcesses().filter((entry) => entry.group === group)
  await gone(members, END)
}

/** The marks of everything that works on one state directory, by its `identity` and its `root` as configured. */
export function marksOf(identity: string, root: string): readonly string[] {
  return [`${MARK}=${identity}`, ...[identity, resolve(root)].map((path) => `SOURCE_DIR=${path}/sources/*`)]
}

/** The marks of a build script and all it starts. */
export function marksOfSource(source: string): readonly string[] {
  return [source, resolve(source), realpathSync(source)].map((path) => `SOURCE_DIR=${path}`)
}

function findMarked(marks: readonly string[]): readonly Process[] {
  const all = listProcesses()
  const own = all.find(({ pid }) => pid === process.pid)?.session
  const found = new Map(all.filter(({ pid }) => isMarked(pid, marks)).map((entry) => [entry.pid, entry]))
  const sessions = new Set([...found.values()].map(({ session }) => session).filter((id) => id !== own))
  let before = -1
  while (before !== found.size) {
    before = found.size
    for (const entry of all) {
      if (found.has(entry.parent) || sessions.has(entry.session)) found.set(entry.pid, entry)
    }
  }
  found.delete(process.pid)
  return [...found.values()]
}

function listProcesses(): readonly Process[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => readProcess(Number(name)) ?? [])
}

/** Undefined when it is gone or a zombie. */
function readProcess(pid: number): Process | undefined {
  const text = readOf(pid, 'stat')?.toString('latin1')
  if (text === undefined) return undefined
  // The second field is the name in parentheses, which may hold anything.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const [state = '', parent, group, session] = fields
  if (state === 'Z' || state === 'X') return undefined
  const started = fields[19] ?? ''
  return { pid, parent: Number(parent), group: Number(group), session: Number(session), started }
}

function isMarked(pid: number, marks: readonly string[]): boolean {
  if (pid === process.pid) return false
  const variables = readOf(pid, 'environ')?.toString('utf8').split('\0') ?? []
  return variables.some((variable) =>
    marks.some((mark) => (mark.endsWith('*') ? variable.startsWith(mark.slice(0, -1)) : variable === mark)),
  )
}

/** Undefined when it is gone, or not ours to look at. */
function readOf(pid: number, file: 'stat' | 'environ'): Buffer | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`)
  } catch {
    return undefined
  }
}

function send(processes: readonly Process[], signal: NodeJS.Signals): void {
  for (const entry of processes.filter(isAlive)) signalProcess(entry.pid, signal)
}

function isAlive({ pid, started }: Process): boolean {
  return readProcess(pid)?.started === started
}

/** Waits until they are gone, at most `limit` milliseconds: what the kernel keeps (a hung disk) cannot be waited for. */
async function gone(processes: readonly Process[], limit: number): Promise<void> {
  for (let waited = 0; waited < limit && processes.some(isAlive); waited += STEP) await sleep(STEP)
}

/** A negative pid is a group. False when nobody is left. */
export function signalProcess(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal)
  } catch (error) {
    // ESRCH: nobody is left. EPERM: those that are left run as somebody else.
    if (!['ESRCH', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
    return false
  }
}
