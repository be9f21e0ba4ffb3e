/** What a start finds of a manager that was killed, and does about it, before anything else. The lock is held. */
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Context } from './context.ts'
import { endMarked, marksOf } from './processes.ts'
import { resumeStaging } from './staging.ts'

/** Afterwards nothing of an earlier run works on the state directory, and no build is half staged. */
export async function recover({ state, log }: Context): Promise<void> {
  const ended = await endMarked(marksOf(state.identity, state.root), true)
  if (ended > 0) log.warn('processes of an earlier run ended', { count: ended })
  resumeStaging(state)
  for (const directory of [state.sources, state.stage]) await empty(directory)
}

async function empty(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    await rm(join(directory, name), { recursive: true, force: true })
  }
}
