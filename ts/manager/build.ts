/** Runs peipkg-build for one version of a recipe (§10.6). */
import { readdir } from 'node:fs/promises'
import { PeiError } from '../native/errors.ts'
import type { Children, Sink } from './child.ts'
import { marksOfSource } from './processes.ts'

export interface BuildRequest {
  /** The program, pinned at the start. */
  readonly program: string
  readonly recipe: { readonly id: string; readonly path: string }
  readonly source: string
  readonly version: string
  /** `git+<git>#refs/tags/<tag>`. */
  readonly sourceRef: string
  readonly farmId: string
  /** RFC 3339 UTC. */
  readonly timestamp: string
  /** The stage directory. */
  readonly out: string
  readonly signKey: string
  /** What the grants of the configuration add, in order. */
  readonly grants: readonly string[]
  readonly stdout: Sink
  readonly stderr: Sink
  /** Milliseconds. */
  readonly limit: number
}

/** Returns the file names of the packages, sorted. Throws PEI_MANAGER_CHILD: `peipkg-build ID VERSION: exit status N`. */
export async function buildPackages(children: Children, request: BuildRequest): Promise<readonly string[]> {
  const { recipe, version } = request
  try {
    await children.run({
      program: request.program,
      args: buildArguments(request),
      stdout: request.stdout,
      stderr: request.stderr,
      limit: request.limit,
      marks: marksOfSource(request.source),
    })
  } catch (error) {
    if (!(error instanceof PeiError)) throw error
    throw new PeiError(error.code, `peipkg-build ${recipe.id} ${version}: ${error.message}`, { cause: error })
  }
  const entries = await readdir(request.out, { withFileTypes: true })
  const outputs = entries.filter((entry) => entry.isFile() && entry.name.endsWith('.peipkg'))
  if (outputs.length > 0) return outputs.map(({ name }) => name).sort()
  throw new PeiError(
    'PEI_MANAGER_CHILD',
    `peipkg-build ${recipe.id} ${version}: no .peipkg files in ${request.out}`,
  )
}

function buildArguments(request: BuildRequest): readonly string[] {
  return [
    'build',
    ...['--recipe', request.recipe.path],
    ...['--source', request.source],
    ...['--version', request.version],
    ...['--source-ref', request.sourceRef],
    ...['--farm-id', request.farmId],
    ...['--timestamp', request.timestamp],
    ...['--out', request.out],
    ...['--sign-key', request.signKey],
    ...request.grants,
  ]
}
