/** Signs what `[[sign]]` names: after the script, before anything is claimed. */
import { join } from 'node:path'
import { type StagedEntry, scanStaged, signBinary } from '../native/packages.ts'
import { cancellable, type OnProgress } from '../native/task.ts'
import { placeProblems } from '../recipe/read-recipe.ts'
import type { Recipe } from '../recipe/recipe.ts'
import { refuse } from './drafts.ts'

/** `keys`: private key files by the names that the recipe gives them; all that it asks for are there. */
export async function signBinaries(
  recipe: Recipe,
  destdir: string,
  keys: Readonly<Record<string, string>>,
  progress: OnProgress,
  signal: AbortSignal,
): Promise<void> {
  if (recipe.sign.length === 0) return
  const entries = new Map((await scanStaged(destdir)).map((entry) => [entry.path, entry]))
  const problems = recipe.sign.flatMap(({ path }, index) => {
    const problem = entryProblem(entries.get(path))
    return problem === undefined
      ? []
      : [{ path: ['sign', index, 'path'], message: `[[sign]] of "${path}": ${problem}` }]
  })
  refuse(await placeProblems(recipe, problems), recipe)
  for (const { path, key } of recipe.sign) {
    await cancellable(signal, (token) => signBinary(join(destdir, path), keys[key] ?? '', progress, token))
  }
}

/** Nothing on the way to a scanned path is a link. */
function entryProblem(entry: StagedEntry | undefined): string | undefined {
  if (entry === undefined) return 'the build script left no such file in $DESTDIR'
  if (entry.kind === 'symlink') return `it is a symbolic link; name the file itself (${entry.target})`
  if (entry.kind !== 'file') return 'it is not a regular file'
  return entry.elf ? undefined : 'it is not an ELF file'
}
