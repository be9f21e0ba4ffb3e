/** Fetches what a recipe is built from, outside the sandbox (file 9 §10.5): one commit, without any `.git`. */
import { rmdirSync } from 'node:fs'
import type { Children, Sink } from '../../manager/child.ts'
import { timestampOf } from '../../manager/clock.ts'
import { refuseOption } from '../../manager/git-environment.ts'
import { removeGit } from '../../manager/source.ts'
import { PeiError } from '../../native/errors.ts'
import type { RecipeSource } from '../api/job.ts'

export interface FetchedSource {
  readonly commit: string
  /** The committer's time, RFC 3339 UTC. */
  readonly timestamp: string
}

/** What takes longer is hung, in milliseconds. */
const LIMIT = 15 * 60_000

/**
 * Whoever may submit jobs names the URL, so files of the worker's own host are none of it, unless its operator says otherwise
 * with GIT_ALLOW_PROTOCOL.
 */
function environment(): Readonly<Record<string, string>> {
  const protocols = process.env.GIT_ALLOW_PROTOCOL ?? 'git:http:https:ssh'
  return { GIT_TERMINAL_PROMPT: '0', GIT_ALLOW_PROTOCOL: protocols }
}

/**
 * `destination` is an empty directory. Throws PEI_MANAGER_CHILD when git fails, PEI_MANAGER_SOURCE when it is not what was asked
 * for.
 */
export async function fetchInto(
  children: Children,
  { git, ref, commit, submodules }: RecipeSource,
  destination: string,
  output: Sink,
  signal: AbortSignal,
): Promise<FetchedSource> {
  refuseOption('git URL', git)
  refuseOption('reference', ref)
  const run = (...args: readonly string[]) => runGit(children, ['-C', destination, ...args], output, signal)
  rmdirSync(destination)
  await runGit(children, ['init', '--quiet', '--initial-branch', 'farm', '--', destination], output, signal)
  await run('remote', 'add', 'origin', git)
  await run('fetch', '--quiet', '--depth', '1', '--no-tags', 'origin', fullName(ref))
  await run('-c', 'advice.detachedHead=false', 'checkout', '--quiet', '--detach', 'FETCH_HEAD')
  const found = await run('rev-parse', 'HEAD')
  if (commit !== '' && found !== commit) {
    const text = `${ref} of ${git} is at ${found}, and was at ${commit} when the job was made: it was moved`
    throw new PeiError('PEI_MANAGER_SOURCE', text)
  }
  if (submodules) await run('submodule', 'update', '--init', '--recursive', '--depth', '1')
  const seconds = Number(await run('log', '-1', '--format=%ct', 'HEAD'))
  if (!Number.isSafeInteger(seconds))
    throw new PeiError('PEI_MANAGER_SOURCE', `the commit of ${ref} has no time`)
  await removeGit(destination)
  return { commit: found, timestamp: timestampOf(seconds * 1000) }
}

function fullName(ref: string): string {
  return ref.startsWith('refs/') ? ref : `refs/tags/${ref}`
}

/** Returns what it prints, trimmed; what it complains of goes to the log. */
async function runGit(
  children: Children,
  args: readonly string[],
  output: Sink,
  signal: AbortSignal,
): Promise<string> {
  let text = ''
  const stdout = (chunk: Buffer) => {
    if (text.length < 4096) text += chunk.toString()
  }
  const verb = args.find((word) => /^[a-z]/.test(word)) ?? ''
  try {
    const request = {
      program: 'git',
      args,
      environment: environment(),
      stdout,
      stderr: output,
      limit: LIMIT,
      signal,
    }
    await children.run(request)
  } catch (error) {
    if (!(error instanceof PeiError)) throw error
    throw new PeiError(error.code, `git ${verb}: ${error.message}`, { cause: error })
  }
  return text.trim()
}
