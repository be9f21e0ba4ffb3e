/** Ends a job's process group when the worker is gone, however it went: a shell that waits for the end of a pipe from us. */
import { spawn } from 'node:child_process'

export interface Guardian {
  /** The job is over. */
  release(): void
}

const waits = 'read -r word || kill -s KILL -- "-$1"'

/** Only this process holds the pipe's other end, so that its death, too, closes it. */
export function guardGroup(group: number): Guardian {
  const child = spawn('/bin/sh', ['-c', waits, 'sh', String(group)], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  child.on('error', () => {})
  child.stdin.on('error', () => {})
  child.unref()
  return { release: () => child.stdin.end('over\n') }
}
