/** A recipe's attempt: sources from outside, the build inside, unsigned packages out (file 10, Jobs). */
import { existsSync, mkdirSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Children, Sink } from '../../manager/child.ts'
import { PeiError } from '../../native/errors.ts'
import type { Attempt } from '../api/attempt.ts'
import type { RecipeSource, RecipeSpec } from '../api/job.ts'
import { type FetchedSource, fetchInto } from './fetch-source.ts'
import { isInside, writeGiven } from './given-files.ts'
import type { InnerPaths, JobDirectories } from './sandbox/request.ts'

/** Tells a build script what it builds for: under an emulator, or where several are declared, uname does not. */
const ARCHITECTURE = 'PEIPKG_ARCHITECTURE'

export interface PreparedRecipe {
  readonly command: readonly string[]
  /** What the sandbox has to show of this system. */
  readonly readable: readonly string[]
  readonly build: FetchedSource
}

/** `buildProgram`: the absolute path of peipkg-build. */
export async function prepareRecipe(
  attempt: Attempt,
  recipe: RecipeSpec,
  directories: JobDirectories,
  inside: InnerPaths,
  { buildProgram, architecture }: { readonly buildProgram: string; readonly architecture: string },
  fetching: { readonly children: Children; readonly output: Sink; readonly signal: AbortSignal },
): Promise<PreparedRecipe> {
  const { children, output, signal } = fetching
  const fetch = (source: RecipeSource, destination: string) =>
    fetchInto(children, source, destination, output, signal)
  const directory = await placeRecipe(recipe, directories, fetch)
  const fetched = recipe.source === undefined ? undefined : await fetch(recipe.source, directories.source)
  const build = { commit: fetched?.commit ?? '', timestamp: recipe.timestamp || (fetched?.timestamp ?? '') }
  if (build.timestamp === '')
    throw new PeiError('PEI_FARM_REFUSED', 'the job has neither a source nor a time')
  return {
    command: [
      process.execPath,
      buildProgram,
      ...buildArguments(attempt, recipe, directory, inside, build, architecture),
    ],
    readable: [realpathSync(process.execPath), process.execPath, packageOf(buildProgram)],
    build,
  }
}

/** Returns where the recipe lies below `given`. */
async function placeRecipe(
  { files, repository }: RecipeSpec,
  { given }: JobDirectories,
  fetch: (source: RecipeSource, destination: string) => Promise<FetchedSource>,
): Promise<string> {
  const base = join(given, 'recipe')
  mkdirSync(base)
  if (repository === undefined) {
    writeGiven(base, files)
    return 'recipe'
  }
  const { directory } = repository
  if (directory !== '' && !isInside(directory)) {
    throw new PeiError('PEI_FARM_REFUSED', `the recipe directory ${directory} leads out of its repository`)
  }
  await fetch(repository, base)
  const name = directory === '' ? 'recipe' : `recipe/${directory}`
  if (existsSync(join(given, name, 'peipkg.toml'))) return name
  throw new PeiError('PEI_FARM_REFUSED', `${repository.git} has no recipe in ${directory || 'its root'}`)
}

function buildArguments(
  { environment }: Attempt,
  recipe: RecipeSpec,
  directory: string,
  inside: InnerPaths,
  { timestamp }: FetchedSource,
  architecture: string,
): readonly string[] {
  const declared = { [ARCHITECTURE]: architecture, ...recipe.environment, ...environment }
  return [
    'build',
    ...['--recipe', join(inside.given, directory)],
    ...['--source', inside.source],
    ...['--version', recipe.version],
    ...['--source-ref', recipe.source_ref || sourceReference(recipe)],
    ...['--farm-id', recipe.farm_id],
    ...['--timestamp', timestamp],
    ...['--out', inside.output],
    ...Object.entries(declared).flatMap(([name, value]) => ['--build-env', `${name}=${value}`]),
  ]
}

function sourceReference({ source }: RecipeSpec): string {
  if (source === undefined) return 'none'
  const { git, ref } = source
  return `git+${git}#${ref.startsWith('refs/') ? ref : `refs/tags/${ref}`}`
}

/** bin/peipkg-build needs what lies beside it. */
function packageOf(program: string): string {
  return dirname(dirname(realpathSync(program)))
}

/** Of what was built, whatever can be installed where this worker builds for; another platform builds the rest. */
export function isForArchitecture(name: string, architecture: string): boolean {
  return name.endsWith(`_${architecture}.peipkg`) || name.endsWith('_noarch.peipkg')
}
