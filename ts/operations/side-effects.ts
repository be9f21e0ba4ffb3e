/** Runs what installed files ask for after the commit: ldconfig, depmod, mandb (PSD-009 §4.3). Failures are warnings. */
import { spawn } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { join } from 'node:path'

/** As the core owes it: `versions` are the kernel versions of `depmod`, else empty. */
export interface OwedSideEffect {
  readonly id: string
  readonly versions: readonly string[]
}

export interface SideEffectsReport {
  readonly warnings: readonly string[]
  readonly notes: readonly string[]
}

interface Run {
  readonly id: string
  readonly version: string | undefined
  /** Where the tool is looked for, in order; never through PATH. */
  readonly tools: readonly string[]
  readonly parameters: readonly string[]
  /** Said instead of a warning when none of the tools is there. */
  readonly noteWhenAbsent?: string
}

/** Each is cleared (`done`) once it ran, whatever came of it: the warning says how to run it again. */
export async function runSideEffects(
  root: string,
  owed: readonly OwedSideEffect[],
  done: (id: string, version?: string) => void,
  timeLimit = tenMinutes,
): Promise<SideEffectsReport> {
  const warnings: string[] = []
  const notes: string[] = []
  for (const run of owed.flatMap((effect) => runsOf(effect, root))) {
    const tool = run.tools.find(isExecutable)
    if (tool === undefined && run.noteWhenAbsent !== undefined) {
      notes.push(run.noteWhenAbsent)
    } else {
      const reason = tool === undefined ? 'it is not there' : await runTool(tool, run.parameters, timeLimit)
      if (reason !== undefined) warnings.push(failure(run, tool, reason))
    }
    done(run.id, run.version)
  }
  return { warnings, notes }
}

const tenMinutes = 10 * 60 * 1000

function runsOf({ id, versions }: OwedSideEffect, root: string): readonly Run[] {
  const isWholeSystem = root === '/'
  switch (id) {
    case 'ldconfig':
      return [
        { id, version: undefined, tools: systemTools(id), parameters: isWholeSystem ? [] : ['-r', root] },
      ]
    case 'depmod':
      return versions.map((version) => ({
        ...{ id, version, tools: systemTools(id) },
        parameters: isWholeSystem ? [version] : ['-b', root, version],
      }))
    case 'man-db':
      return [isWholeSystem ? mandb('/usr/bin/mandb', []) : foreignMandb(root)]
    default:
      // The core only owes what is in the closed set; a newer database may know more.
      return [{ id, version: undefined, tools: [], parameters: [] }]
  }
}

const systemTools = (name: string): readonly string[] => [
  `/usr/bin/${name}`,
  `/usr/sbin/${name}`,
  `/sbin/${name}`,
]

/** Below another root the index is written by that root's own mandb, over its own pages, or not at all. */
function foreignMandb(root: string): Run {
  const note = `side effect man-db was skipped: ${root} has no mandb of its own`
  return { ...mandb(join(root, 'usr/bin/mandb'), [join(root, 'usr/share/man')]), noteWhenAbsent: note }
}

function mandb(tool: string, pages: readonly string[]): Run {
  return { id: 'man-db', version: undefined, tools: [tool], parameters: ['-q', ...pages] }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

function failure(run: Run, tool: string | undefined, reason: string): string {
  const command = [tool ?? run.tools[0] ?? run.id, ...run.parameters].join(' ')
  const subject = run.version === undefined ? run.id : `${run.id} ${run.version}`
  return `side effect ${subject} failed: ${reason} (run it again with: ${command})`
}

/** Undefined when it ended with 0, else what happened. No shell, nothing on stdin, nothing inherited. */
function runTool(
  tool: string,
  parameters: readonly string[],
  timeLimit: number,
): Promise<string | undefined> {
  return new Promise((resolve) => {
    const child = spawn(tool, parameters, {
      cwd: '/',
      env: { LANG: 'C', LC_ALL: 'C', PATH: '/usr/bin' },
      stdio: ['ignore', 'ignore', 'pipe'],
      // A group of its own: the time limit ends what the tool started, too.
      detached: true,
    })
    let late = false
    const timer = setTimeout(() => {
      late = true
      killGroup(child.pid)
    }, timeLimit)
    let said = ''
    child.stderr.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString('utf8')).slice(-1000)
    })
    const finish = (reason: string | undefined) => {
      clearTimeout(timer)
      child.stderr.destroy()
      resolve(reason)
    }
    child.on('error', (error) => finish(error.message))
    child.on('exit', (code, signal) => {
      if (late) finish(`it was ended after ${timeLimit / 1000} s`)
      else if (code === 0) finish(undefined)
      else finish(`${code === null ? `it was ended by ${signal}` : `it ended with ${code}`}${lastLine(said)}`)
    })
  })
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It ended by itself meanwhile.
  }
}

function lastLine(text: string): string {
  const line = text.trim().split('\n').at(-1)
  return line === undefined || line === '' ? '' : `: ${line}`
}
