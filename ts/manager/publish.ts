/** Runs peipkg-repo: the repository's first generation (§11.1) and every later one (§11.2). */
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { PeiError, reasonOf } from '../native/errors.ts'
import { timestampOf } from './clock.ts'
import type { Context } from './context.ts'
import { bringBack, quarantine, setAside, sortOut, stagedPackages } from './publish-directory.ts'

/** Makes the repository when there is none. */
export async function initRepository(context: Context): Promise<void> {
  const { settings, state, clock } = context
  if (existsSync(join(state.repo, 'repo.json'))) return
  clearHalfMade(context)
  await runRepo(context, [
    'init',
    ...['--name', settings.repoName],
    ...['--sign-key', settings.signingKeyFile],
    ...['--timestamp', timestampOf(clock.now())],
    ...['--out', state.repo],
    ...(settings.repoDescription === '' ? [] : ['--description', settings.repoDescription]),
  ])
}

/** What an `init` that was killed left; `repo.json` is written last. Anything else is not ours to delete. */
const halfMade = ['index', 'keys', 'repo.json.sig']

function clearHalfMade({ state, archive }: Context): void {
  const names = readdirSync(state.repo)
  const foreign = names.find((name) => !halfMade.includes(name))
  if (foreign !== undefined || archive.read().size > 0) {
    const what = foreign ?? 'packages in its index'
    throw new PeiError(
      'PEI_MANAGER_STATE',
      `${state.repo} has ${what} but no repo.json: restore it from a backup, or empty it`,
    )
  }
  for (const name of names) rmSync(join(state.repo, name), { recursive: true })
}

/**
 * Publishes everything in `publish/` and empties it. `own`: the file names of the job at hand, none for a new signature
 * only. What others left there may not make it fail.
 */
export async function publishStaged(context: Context, own: readonly string[]): Promise<void> {
  await sortOutQuietly(context)
  const leftovers = stagedPackages(context).filter((file) => !own.includes(file))
  try {
    await publishAll(context)
  } catch (error) {
    if (leftovers.length === 0) throw error
    await publishWithout(context, leftovers, error)
  }
}

/** An archive that cannot be read is peipkg-repo's to complain about. */
async function sortOutQuietly(context: Context): Promise<void> {
  try {
    await sortOut(context)
  } catch (error) {
    context.log.warn('staged files not compared with the archive', { err: reasonOf(error) })
  }
}

/** When it works without them, they were at fault. */
async function publishWithout(
  context: Context,
  leftovers: readonly string[],
  reason: unknown,
): Promise<void> {
  setAside(context, leftovers)
  try {
    await publishAll(context)
  } catch {
    bringBack(context, leftovers)
    throw reason
  }
  bringBack(context, leftovers)
  quarantine(context, leftovers, `it made peipkg-repo publish fail: ${reasonOf(reason)}`)
}

async function publishAll(context: Context): Promise<void> {
  const { settings, state, clock } = context
  const before = readdirSync(state.publish)
  await runRepo(context, [
    'publish',
    ...['--in', state.repo],
    ...['--new', state.publish],
    ...['--out', state.repo],
    ...['--sign-key', settings.signingKeyFile],
    ...['--timestamp', timestampOf(clock.now())],
  ])
  for (const name of before) clear(context, join(state.publish, name))
}

function clear({ log }: Context, path: string): void {
  try {
    rmSync(path, { recursive: true, force: true })
  } catch (error) {
    log.warn('clear staging dir failed', { err: reasonOf(error) })
  }
}

async function runRepo(context: Context, args: readonly string[]): Promise<void> {
  const { children, programs, output, settings } = context
  try {
    await children.run({ program: programs.repo, args, ...output, limit: settings.limits.build })
  } catch (error) {
    if (!(error instanceof PeiError)) throw error
    throw new PeiError(error.code, `peipkg-repo ${args[0]}: ${error.message}`, { cause: error })
  }
}
