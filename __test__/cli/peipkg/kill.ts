/** A change that is killed in the middle, through the built program. */
import { cpSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Scratch } from './scratch.ts'

const copying = { recursive: true, preserveTimestamps: true, verbatimSymlinks: true } as const

/** On a busy machine everything may be over before we look. */
const mostAttempts = 50

/**
 * Runs a command and kills it as soon as `isTime`, until the transaction was interrupted in that state. What it works with is
 * large enough that there is time to see it.
 */
export async function killIn(
  state: 'staging' | 'applying',
  s: Scratch,
  args: readonly string[],
  isTime: () => boolean,
): Promise<void> {
  const before = join(s.directory, 'before')
  cpSync(s.root, before, copying)
  for (let attempt = 1; ; attempt++) {
    const { child, ended } = s.start(args)
    const looking = setInterval(() => {
      if (isTime()) child.kill('SIGKILL')
    }, 1)
    await ended
    clearInterval(looking)
    const { pending } = JSON.parse(await s.ok('recover --report --json'))
    if (pending?.state === state && isTime()) break
    if (attempt === mostAttempts) throw new Error(`never seen in state ${state}`)
    rmSync(s.root, { recursive: true })
    cpSync(before, s.root, copying)
  }
  rmSync(before, { recursive: true })
}
