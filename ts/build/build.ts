/** From a recipe and a source tree to packages: check, script, partition, check, pack, put in place. */
import { lstatSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { PeiError } from '../native/errors.ts'
import { checkPackage, matchGlobs, type PackedPackage, pack, scanStaged } from '../native/packages.ts'
import { sddlToDescriptor } from '../native/signature.ts'
import { cancellable, type OnProgress } from '../native/task.ts'
import { type BuildIdentity, manifestDraft } from '../recipe/manifest-draft.ts'
import { readRecipe } from '../recipe/read-recipe.ts'
import type { Recipe } from '../recipe/recipe.ts'
import { checkRecipe } from './check-recipe.ts'
import { scriptEnvironment } from './environment.ts'
import { partition } from './partition.ts'
import { placeTogether } from './place.ts'
import { runScript } from './run-script.ts'
import { type Workspace, withWorkspace } from './workspace.ts'

export interface BuildRequest {
  /** The recipe directory, or its peipkg.toml. */
  readonly recipe: string
  readonly source: string
  readonly identity: BuildIdentity
  readonly out: string
  readonly signKey: string | undefined
  /** Declared variables of the script, checked by `environmentNameProblem`. */
  readonly environment: Readonly<Record<string, string>>
  /** The caller's PATH. */
  readonly path: string | undefined
  readonly timeoutSeconds: number | undefined
  readonly keep: boolean
  readonly level: number | undefined
  /** Never changes the bytes. */
  readonly threads: number | undefined
}

export interface BuildReporter {
  warn(text: string): void
  progress: OnProgress
  /** The temporary directories stay, below `root`. */
  kept(root: string): void
}

/** A stanza with all that packing it needs. */
interface Draft {
  readonly name: string
  readonly fileName: string
  readonly manifest: string
  readonly paths: string[]
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
    refuse(await checkRecipe(recipe, request.identity, workspace.destdir), recipe)
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
    })
    const drafts = await draftPackages(recipe, request.identity, workspace, reporter)
    return await packAll(drafts, workspace, request, reporter, signal)
  })
}

function checkSource(source: string): void {
  if (statSync(source, { throwIfNoEntry: false })?.isDirectory()) return
  throw new PeiError('PEI_IO', `${source} is not a directory (--source names the source tree)`)
}

/** Partitions what was staged and checks every package of it; all problems are reported together. */
async function draftPackages(
  recipe: Recipe,
  identity: BuildIdentity,
  workspace: Workspace,
  reporter: BuildReporter,
): Promise<readonly Draft[]> {
  if (!lstatSync(workspace.destdir, { throwIfNoEntry: false })?.isDirectory()) {
    throw new PeiError('PEI_BUILD_SCRIPT', 'the build script removed or replaced $DESTDIR')
  }
  const parts = partition(recipe.packages, await scanStaged(workspace.destdir), matchGlobs)
  const drafts = recipe.packages.map((stanza, index) => ({
    name: stanza.name,
    fileName: `${stanza.name}_${identity.version}_${stanza.architecture}.peipkg`,
    manifest: JSON.stringify(manifestDraft(recipe, stanza, identity, sddlToDescriptor)),
    paths: [...(parts.claims[index] ?? [])],
  }))
  const problems = [...parts.problems]
  for (const warning of parts.warnings) reporter.warn(warning)
  for (const { name, manifest, paths } of drafts) {
    const found = await checkPackage({ manifest, staged: workspace.destdir, paths, out: '' })
    problems.push(...found.errors.map((text) => `[[package]] "${name}": ${text}`))
    for (const text of found.warnings) reporter.warn(`[[package]] "${name}": ${text}`)
  }
  refuse(problems, recipe)
  return drafts
}

function refuse(problems: readonly string[], recipe: Recipe): void {
  if (problems.length === 0) return
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`
  throw new PeiError(
    'PEI_BUILD_REFUSED',
    [...problems, `${recipe.file}: ${count}; nothing was written`].join('\n'),
  )
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
      packed.push(await cancellable(signal, (token) => pack(task, reporter.progress, token)))
    }
  })
  return packed.map((result, index) => ({ ...result, path: paths[index] ?? result.path }))
}

function packRequest(draft: Draft, workspace: Workspace, request: BuildRequest, out: string) {
  return {
    manifest: draft.manifest,
    staged: workspace.destdir,
    paths: draft.paths,
    out,
    ...(request.signKey === undefined ? {} : { signKey: request.signKey }),
    ...(request.level === undefined ? {} : { level: request.level }),
    ...(request.threads === undefined ? {} : { threads: request.threads }),
  }
}
