/** The processes of one job, and what they use together: from /proc, elsewhere from ps. */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { signalProcess } from '../../manager/processes.ts'

export interface ProcessEntry {
  readonly pid: number
  readonly parent: number
  readonly group: number
  readonly session: number
  /** With the pid it names one process for ever. */
  readonly started: string
  /** Its own and that of children it has waited for. */
  readonly cpuMs: number
  readonly memoryBytes: number
}

interface Usage {
  readonly processes: number
  readonly cpuMs: number
  /** At most: what processes share is counted for each of them. */
  readonly memoryBytes: number
}

export interface JobProcesses {
  /** Looks again, and remembers whom it found: what has lost its parents is known by then. */
  look(): Usage
  /** Bytes of memory, what several of them share counted once: as the last look found them, at a price. */
  memoryTogether(): number
  /** To all that are there but the first, which is the sandbox where there is one. */
  signalInner(signal: NodeJS.Signals): void
  /** Kills all of them; resolves when they are gone, or cannot be waited for any longer. */
  end(): Promise<void>
}

/** What the kernel keeps (a hung disk) is not waited for longer, in milliseconds. */
const GRACE = 3000
const STEP = 20

/**
 * `root` leads a process group and a session of its own. `mark`: `NAME=VALUE` in the environment of whatever it starts, by which is
 * found what left both, where nothing contains it.
 */
export function jobProcesses(root: number, mark?: string): JobProcesses {
  const known = new Map<number, string>()
  let seen: readonly ProcessEntry[] = []
  const isMarked = mark === undefined ? () => false : markedSince(root, mark)
  const members = (): readonly ProcessEntry[] => {
    const all = listProcesses()
    const alive = all.filter(
      (entry) => known.get(entry.pid) === entry.started || belongs(entry) || isMarked(entry),
    )
    const found = new Map(alive.map((entry) => [entry.pid, entry]))
    for (let before = -1; before !== found.size; ) {
      before = found.size
      const sessions = new Set([...found.values()].map(({ session }) => session))
      for (const entry of all) {
        if (found.has(entry.parent) || sessions.has(entry.session)) found.set(entry.pid, entry)
      }
    }
    for (const { pid, started } of found.values()) known.set(pid, started)
    return [...found.values()]
  }
  const belongs = ({ pid, group, session }: ProcessEntry) =>
    pid === root || group === root || session === root
  return {
    look() {
      const found = members()
      seen = found
      return {
        processes: found.length,
        cpuMs: sum(found.map(({ cpuMs }) => cpuMs)),
        memoryBytes: sum(found.map(({ memoryBytes }) => memoryBytes)),
      }
    },
    memoryTogether: () => sum(seen.map(({ pid, memoryBytes }) => shareOf(pid) ?? memoryBytes)),
    signalInner(signal) {
      for (const { pid } of members()) if (pid !== root) signalProcess(pid, signal)
    },
    async end() {
      for (let waited = 0; waited < GRACE; waited += STEP) {
        signalProcess(-root, 'SIGKILL')
        const left = members()
        if (left.length === 0) return
        for (const { pid } of left) signalProcess(pid, 'SIGKILL')
        await sleep(STEP)
      }
    },
  }
}

/** Environments are read of processes that are younger than `root` only: a machine has hundreds of others. */
function markedSince(root: number, mark: string): (entry: ProcessEntry) => boolean {
  const since = Number(hasProc ? (readStat(String(root))[0]?.started ?? 0) : Number.POSITIVE_INFINITY)
  return ({ pid, started }) => Number(started) >= since && variablesOf(pid).includes(mark)
}

function variablesOf(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0')
  } catch {
    return []
  }
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

const hasProc = existsSync('/proc/self/stat')

/** Without zombies. */
export function listProcesses(): readonly ProcessEntry[] {
  if (!hasProc) return listByPs()
  return readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? readStat(name) : []))
}

/** Of the kernel that Node runs on; what Linux calls USER_HZ is 100 everywhere. */
const TICK_MS = 10
const PAGE = 4096

function readStat(name: string): readonly ProcessEntry[] {
  let text: string
  try {
    text = readFileSync(`/proc/${name}/stat`, 'latin1')
  } catch {
    return []
  }
  // The second field is the name in parentheses, which may hold anything.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  if (fields[0] === 'Z' || fields[0] === 'X') return []
  const number = (field: number) => Number(fields[field - 3])
  return [
    {
      pid: Number(name),
      parent: number(4),
      group: number(5),
      session: number(6),
      started: fields[19] ?? '',
      cpuMs: (number(14) + number(15) + number(16) + number(17)) * TICK_MS,
      memoryBytes: number(24) * PAGE,
    },
  ]
}

/** Its proportional share: of a page that ten processes have, a tenth. Undefined where the kernel does not tell. */
function shareOf(pid: number): number | undefined {
  try {
    const [, kib] = /^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1')) ?? []
    return kib === undefined ? undefined : Number(kib) * 1024
  } catch {
    return undefined
  }
}

/** FreeBSD and others. The session has no number there; the start is as good a name. */
function listByPs(): readonly ProcessEntry[] {
  const columns = ['pid', 'ppid', 'pgid', 'rss', 'time', 'lstart', 'stat'].flatMap((name) => [
    '-o',
    `${name}=`,
  ])
  const { stdout } = spawnSync('ps', ['-A', ...columns], { encoding: 'utf8' })
  return (stdout ?? '').split('\n').flatMap(readPsLine)
}

function readPsLine(line: string): readonly ProcessEntry[] {
  const match = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s+([\d:.-]+)\s+(.+?)\s+(\S+)\s*$/.exec(line)
  if (match === null || match[7]?.startsWith('Z') === true) return []
  const [, pid, parent, group, kib, time = '', started = ''] = match
  return [
    {
      pid: Number(pid),
      parent: Number(parent),
      group: Number(group),
      session: Number(group),
      started,
      cpuMs: timeMs(time),
      memoryBytes: Number(kib) * 1024,
    },
  ]
}

/** `1-02:03:04`, `02:03.45`. */
function timeMs(text: string): number {
  const [days, clock] = text.includes('-') ? text.split('-') : ['0', text]
  const seconds = (clock ?? '').split(':').reduce((total, part) => total * 60 + Number(part), 0)
  return (Number(days) * 86_400 + seconds) * 1000
}
