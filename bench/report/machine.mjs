// What the figures were measured on.
import { execFileSync } from 'node:child_process'
import { availableParallelism, cpus, release, totalmem } from 'node:os'

export function describeMachine() {
  const commit = firstLine('git', 'rev-parse', '--short', 'HEAD')
  return {
    processor: cpus()[0]?.model ?? 'unknown',
    processors: availableParallelism(),
    memory: totalmem(),
    kernel: release(),
    node: process.version,
    zstd: firstLine('zstd', '--version'),
    tar: firstLine('tar', '--version'),
    openssl: firstLine('openssl', 'version'),
    commit,
  }
}

/** The limits speak of two processors: on a larger machine this process, and so all that it starts, keeps to two. */
export function keepToTwoProcessors() {
  if (availableParallelism() <= 2) return
  try {
    execFileSync('taskset', ['-a', '-p', '-c', '0,1', String(process.pid)], { stdio: 'pipe' })
  } catch {
    console.error('bench: taskset is not here: all processors are used, the limits are meant for two')
  }
}

function firstLine(command, ...args) {
  try {
    return execFileSync(command, args, { encoding: 'utf8', stdio: 'pipe' }).trim().split('\n')[0]
  } catch {
    return 'not here'
  }
}
