/** Runs the built executables as their users do: another process, its own directory, its own environment. */
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

export type ProgramName = 'peipkg' | 'peipkg-build' | 'peipkg-farm' | 'peipkg-manager' | 'peipkg-repo'

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export interface Running {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
}

export function start(program: ProgramName, args: readonly string[], options: SpawnOptions = {}): Running {
  return startAt(fileURLToPath(new URL(`../bin/${program}`, import.meta.url)), args, options)
}

/** The same for an executable somewhere else. */
export function startAt(path: string, args: readonly string[], options: SpawnOptions = {}): Running {
  return startCommand(process.execPath, [path, ...args], options)
}

/** The same for any command. */
export function startCommand(command: string, args: readonly string[], options: SpawnOptions = {}): Running {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options })
  return { child, ended: collect(child) }
}

export function run(
  program: ProgramName,
  args: readonly string[],
  options: SpawnOptions = {},
): Promise<Ended> {
  return start(program, args, options).ended
}

function collect(child: ChildProcess): Promise<Ended> {
  const text = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (chunk: string) => {
      text[name] += chunk
    })
  }
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => resolve({ code, signal, ...text }))
  })
}
