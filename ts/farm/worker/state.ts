/** The directory of a worker's process, and what an earlier one that was killed has left beside it. */
import { existsSync, mkdirSync, readdirSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { removeTree } from '../../build/workspace.ts'
import { makeDirectories } from '../../config/make-directories.ts'
import { endMarked, MARK } from '../../manager/processes.ts'
import { PeiError, reasonOf } from '../../native/errors.ts'

export interface WorkerState {
  readonly directory: string
  /** How many processes of earlier workers were ended. */
  readonly ended: number
  remove(): void
}

/** Several workers may share `base`: each has a directory by the number of its process. Throws PEI_IO. */
export async function openWorkerState(base: string): Promise<WorkerState> {
  try {
    makeDirectories(base, 0o700)
    const real = realpathSync(base)
    const left = readdirSync(real)
      .filter((name) => /^run-\d+$/.test(name) && !isAlive(Number(name.slice(4))))
      .map((name) => join(real, name))
    const ended = await endLeft(left)
    for (const directory of left) removeTree(directory)
    const directory = join(real, `run-${process.pid}`)
    mkdirSync(directory, 0o700)
    return { directory, ended, remove: () => removeTree(directory) }
  } catch (error) {
    throw new PeiError('PEI_IO', `cannot use ${base} for jobs: ${reasonOf(error)} (see --dir)`, {
      cause: error,
    })
  }
}

/** Daemons that left their group, without a pid namespace; elsewhere than on Linux nobody can be asked about them. */
async function endLeft(directories: readonly string[]): Promise<number> {
  if (directories.length === 0 || !existsSync('/proc/self/environ')) return 0
  return await endMarked(
    directories.map((directory) => `${MARK}=${directory}`),
    false,
  )
}

/** Our own number on a directory is that of an earlier process, too. */
function isAlive(pid: number): boolean {
  if (pid === process.pid) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
