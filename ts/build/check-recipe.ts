/** Everything that can be said against a recipe before its script runs. */
import { checkPackage, matchGlobs } from '../native/packages.ts'
import { sddlToDescriptor } from '../native/signature.ts'
import { type BuildIdentity, manifestDraft } from '../recipe/manifest-draft.ts'
import type { KeyPath, Problem } from '../recipe/problem.ts'
import type { PackageStanza, Recipe } from '../recipe/recipe.ts'
import { problemOf, relationProblems } from './check-relations.ts'

/** All problems, each at its key. `emptyDirectory`: stands for the payload that is not there yet. */
export async function checkRecipe(
  recipe: Recipe,
  identity: BuildIdentity,
  emptyDirectory: string,
): Promise<readonly Problem[]> {
  const problems: Problem[] = []
  for (const [index, stanza] of recipe.packages.entries()) {
    const stated = [
      ...patternProblems(stanza),
      ...descriptorProblems(stanza),
      ...relationProblems(stanza),
      ...(await manifestProblems(recipe, stanza, identity, emptyDirectory)),
    ]
    problems.push(...stated.map((problem) => ofStanza(problem, stanza, index)))
  }
  // A text of [meta] is in every manifest.
  return problems.filter(
    ({ path, message }, index) =>
      path[0] !== 'meta' || problems.findIndex((other) => other.message === message) === index,
  )
}

/** The `[[sign]]` entries whose key was not given. */
export function keyProblems(recipe: Recipe, keys: Readonly<Record<string, string>>): readonly Problem[] {
  return recipe.sign.flatMap(({ path, key }, index) => {
    if (Object.hasOwn(keys, key)) return []
    const message = `[[sign]] of "${path}" asks for the key "${key}", and no key of that name was given (--binary-sign-key ${key}=<file>)`
    return [{ path: ['sign', index, 'key'], message }]
  })
}

/** Paths of a stanza's problems start at the stanza, but for those in [meta]. */
function ofStanza({ path, message }: Problem, stanza: PackageStanza, index: number): Problem {
  if (path[0] === 'meta') return { path, message }
  return { path: ['package', index, ...path], message: `[[package]] "${stanza.name}": ${message}` }
}

function patternProblems(stanza: PackageStanza): readonly Problem[] {
  return stanza.files.flatMap((pattern, index) =>
    problemOf(['files', index], () => matchGlobs([pattern], [], [])),
  )
}

function descriptorProblems(stanza: PackageStanza): readonly Problem[] {
  return stanza.sdOverrides.flatMap((override, index) => {
    if (!('sddl' in override)) return []
    return problemOf(['sd_overrides', index], () => sddlToDescriptor(override.sddl)).map(
      ({ path, message }) => ({ path, message: `sd_overrides of ${override.path}: ${message}` }),
    )
  })
}

/** Name, architecture and texts: the draft is checked without relations and what depends on the payload. */
async function manifestProblems(
  recipe: Recipe,
  stanza: PackageStanza,
  identity: BuildIdentity,
  emptyDirectory: string,
): Promise<readonly Problem[]> {
  const bare = {
    ...stanza,
    dependencies: [],
    optionalDependencies: [],
    conflicts: [],
    provides: [],
    replaces: [],
    sideEffects: [],
    sdOverrides: [],
  }
  const manifest = JSON.stringify(manifestDraft(recipe, bare, identity, sddlToDescriptor))
  const { errors } = await checkPackage({ manifest, staged: emptyDirectory, paths: [], out: '' })
  return errors.map((message) => ({ path: keyOf(message), message }))
}

/** The core names the field of the manifest: `manifest: license: …`. */
function keyOf(message: string): KeyPath {
  const [, field = ''] = /^manifest: (\w+)/.exec(message) ?? []
  return field === 'license' || field === 'homepage' ? ['meta', field] : [field]
}
