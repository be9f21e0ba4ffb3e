/** Copies the repository to where consumers fetch it, with rclone (§11.3, §16.20). */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { PeiError } from '../native/errors.ts'
import type { Context } from './context.ts'

/** Throws PEI_MANAGER_CHILD: `rclone sync: exit status N`. */
export async function uploadRepository(context: Context): Promise<void> {
  const { settings, state } = context
  if (settings.uploadOrder === 'two-pass') {
    // An index never arrives before what it lists.
    for (const part of ['p', 'keys'].filter((name) => existsSync(join(state.repo, name)))) {
      await rclone(context, ['copy', join(state.repo, part), below(settings.uploadRemote, part)])
    }
  }
  await rclone(context, ['sync', state.repo, settings.uploadRemote])
}

/** `r2:bucket` → `r2:bucket/p`, `r2:` → `r2:p`. */
function below(remote: string, part: string): string {
  return /[:/]$/.test(remote) ? `${remote}${part}` : `${remote}/${part}`
}

async function rclone(context: Context, args: readonly string[]): Promise<void> {
  try {
    await context.children.run({
      program: 'rclone',
      args,
      ...context.output,
      limit: context.settings.limits.build,
    })
  } catch (error) {
    if (!(error instanceof PeiError)) throw error
    throw new PeiError(error.code, `rclone ${args[0]}: ${error.message}`, { cause: error })
  }
}
