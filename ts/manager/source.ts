/** Fetches the source of one tag: exactly the commit that the upstream listed, without any `.git` (§10.5). */
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { PeiError } from '../native/errors.ts'
import type { Children, Sink } from './child.ts'
import { timestampOf } from './clock.ts'
import { gitEnvironment, refuseOption, submoduleEnvironment } from './git-environment.ts'

export interface SourceRequest {
  readonly git: string
  readonly tag: string
  /** What the tag must be at. */
  readonly commit: string
  readonly submodules: boolean
  /** Must not exist. */
  readonly destination: string
  /** Where git's standard error goes. */
  readonly stderr: Sink
  /** Of each call of git, in milliseconds. */
  readonly limit: number
}

/** Returns the committer time of the commit, RFC 3339 UTC. Throws PEI_MANAGER_CHILD or PEI_MANAGER_SOURCE. */
export async function fetchSource(children: Children, request: SourceRequest): Promise<string> {
  const { git, tag, destination } = request
  refuseOption('git URL', git)
  refuseOption('tag', tag)
  const run = (args: readonly string[], environment = gitEnvironment()) =>
    runGit(children, request, args, environment)
  await run([
    ...['clone', '--depth', '1', '--branch', tag, '--single-branch', '--no-tags'],
    ...['--', git, destination],
  ])
  await settleOnTag(request, run)
  if (request.submodules) {
    const update = ['submodule', 'update', '--init', '--recursive', '--depth', '1']
    await run(['-C', destination, ...update], submoduleEnvironment(git))
  }
  const seconds = await run(['-C', destination, 'log', '-1', '--format=%ct', 'HEAD'])
  if (!/^\d{1,11}$/.test(seconds))
    throw refused(`the commit of tag ${tag} has no time: git says "${seconds}"`)
  await removeGit(destination)
  return timestampOf(Number(seconds) * 1000)
}

type RunGit = (args: readonly string[]) => Promise<string>

/** `git clone --branch` takes a branch of that name before the tag (§16.17). */
async function settleOnTag({ tag, commit, destination }: SourceRequest, run: RunGit): Promise<void> {
  const head = () => run(['-C', destination, 'rev-parse', 'HEAD'])
  if ((await head()) === commit) return
  await run(['-C', destination, 'fetch', '--depth', '1', 'origin', `refs/tags/${tag}`])
  await run(['-C', destination, 'checkout', '--quiet', '--detach', 'FETCH_HEAD'])
  const found = await head()
  if (found === commit) return
  throw refused(
    `tag ${tag} was at ${commit} and is at ${found} now: it was moved (the next poll takes it up)`,
  )
}

/** Returns what it prints, trimmed. */
async function runGit(
  children: Children,
  { stderr, limit }: SourceRequest,
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<string> {
  const verb = args[0] === '-C' ? args[2] : args[0]
  let text = ''
  const stdout = (chunk: Buffer) => {
    if (text.length < 4096) text += chunk.toString()
  }
  try {
    await children.run({ program: 'git', args, environment, stdout, stderr, limit })
  } catch (error) {
    if (!(error instanceof PeiError)) throw error
    throw new PeiError(error.code, `git ${verb}: ${error.message}`, { cause: error })
  }
  return text.trim()
}

/** Directories and the files that submodules have instead; links are not followed. */
export async function removeGit(directory: string): Promise<void> {
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name)
    if (entry.name === '.git') await rm(path, { recursive: true, force: true })
    else if (entry.isDirectory()) await removeGit(path)
  }
}

function refused(message: string): PeiError {
  return new PeiError('PEI_MANAGER_SOURCE', message)
}
