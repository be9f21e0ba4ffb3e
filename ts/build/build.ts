/** From a recipe and a source tree to packages: check, script, partition, check, pack, put in place. */
import { statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { asPeiError, PeiError } from '../native/errors.ts'
import { type Compression, type PackedPackage, pack } from '../native/packages.ts'
import { cancellable, type OnProgress } from '../native/task.ts'
import type { BuildIdentity } from '../recipe/manifest-draft.ts'
import { placeProblems, readRecipe } from '../recipe/read-recipe.ts'
import { checkRecipe, keyProblems } from './check-recipe.ts'
import { checkDestdir, type Draft, draftPackages, refuse } from './drafts.ts'
import { scriptEnvironment } from './environment.ts'
import { placeTogether } from './place.ts'
import { cancelled, runScript } from './run-script.ts'
import { signBinaries } from './sign-binaries.ts'
import { type Workspace, withWorkspace } from './workspace.ts'

/** How a recipe is run and packed, whatever comes out. */
export interface RecipeRun {
  /** The recipe directory, or its peipkg.toml. */
  readonly recipe: string
  readonly source: string
  /** Private key files of `[[sign]]`, by their names. */
  readonly binaryKeys: Readonly<Record<string, string>>
  /** Declared variables of the script, checked by `environmentNameProblem`. */
  readonly environment: Readonly<Record<string, string>>
  /** The caller's PATH. */
  readonly path: string | undefined
  readonly timeoutSeconds: number | undefined
  readonly keep: boolean
  readonly compression: Compression
  /** The script's standard output goes to our standard error. */
  readonly quiet?: boolean | undefined
}

export interface BuildRequest extends RecipeRun {
  readonly identity: BuildIdentity
  readonly out: string
  readonly signKey: string | undefined
}

export interface BuildReporter {
  warn(text: string): void
  progress: OnProgress
  /** The temporary directories stay, below `root`. */
  kept(root: string): void
}

/** Returns the packages in stanza order, at their final paths. Either all are written or none. */
export async function build(
  request: BuildRequest,
  reporter: BuildReporter,
  signal: AbortSignal,
): Promise<readonly PackedPackage[]> {
  const recipe = await readRecipe(request.recipe)
  checkSource(request.source)
  return await withWorkspace(request.keep, reporter.kept, async (workspace) => {
    const problems = [
      ...keyProblems(recipe, request.binaryKeys),
      ...(await checkRecipe(recipe, request.identity, workspace.destdir)),
    ]
    refuse(await placeProblems(recipe, problems), recipe)
    await runScript({
      script: recipe.buildScript,
      directory: workspace.work,
      environment: scriptEnvironment(
        { source: resolve(request.source), destdir: workspace.destdir },
        request.identity.timestamp,
        request.path,
        request.environment,
      ),
      timeoutSeconds: request.timeoutSeconds,
      signal,
      quiet: request.quiet,
    })
    checkDestdir(workspace.destdir)
    await signBinaries(recipe, workspace.destdir, request.binaryKeys, reporter.progress, signal).catch(
      ofBuild,
    )
    const drafts = await draftPackages(recipe, request.identity, workspace.destdir, reporter.warn)
    return await packAll(drafts, workspace, request, reporter, signal)
  })
}

function checkSource(source: string): void {
  if (statSync(source, { throwIfNoEntry: false })?.isDirectory()) return
  throw new PeiError('PEI_IO', `${source} is not a directory (--source names the source tree)`)
}

async function packAll(
  drafts: readonly Draft[],
  workspace: Workspace,
  request: BuildRequest,
  reporter: BuildReporter,
  signal: AbortSignal,
): Promise<readonly PackedPackage[]> {
  const packed: PackedPackage[] = []
  const names = drafts.map((draft) => draft.fileName)
  const paths = await placeTogether(resolve(request.out), names, async (directory) => {
    for (const draft of drafts) {
      const task = packRequest(draft, workspace, request, join(directory, draft.fileName))
      const progress: OnProgress = (event) =>
        reporter.progress({ ...event, total: draft.size, item: draft.fileName })
      const packing = cancellable(signal, (token) => pack(task, progress, token))
      packed.push(await packing.catch(ofBuild))
    }
  })
  return packed.map((result, index) => ({ ...result, path: paths[index] ?? result.path }))
}

/** A cancelled part of it is a cancelled build. */
function ofBuild(error: unknown): never {
  throw asPeiError(error)?.code === 'PEI_CANCELLED' ? cancelled() : error
}

function packRequest(draft: Draft, workspace: Workspace, request: BuildRequest, out: string) {
  return {
    manifest: draft.manifest,
    staged: workspace.destdir,
    paths: draft.paths,
    out,
    ...(request.signKey === undefined ? {} : { signKey: request.signKey }),
    ...request.compression,
  }
}
