/** Everything that can be said against a recipe before its script runs. */
import { checkPackage, matchGlobs } from '../native/packages.ts'
import { sddlToDescriptor } from '../native/signature.ts'
import { type BuildIdentity, manifestDraft } from '../recipe/manifest-draft.ts'
import type { PackageStanza, Recipe } from '../recipe/recipe.ts'
import { problemOf, relationProblems } from './check-relations.ts'

/** All problems, each naming its stanza. `emptyDirectory`: stands for the payload that is not there yet. */
export async function checkRecipe(
  recipe: Recipe,
  identity: BuildIdentity,
  emptyDirectory: string,
): Promise<readonly string[]> {
  const problems = recipe.sign.map(
    ({ path, key }) =>
      `[[sign]] of "${path}" asks for the key "${key}", and no key of that name was given: this version does not sign binaries yet`,
  )
  for (const stanza of recipe.packages) {
    const title = `[[package]] "${stanza.name}"`
    const stated = [
      ...patternProblems(stanza),
      ...descriptorProblems(stanza),
      ...relationProblems(stanza),
      ...(await manifestProblems(recipe, stanza, identity, emptyDirectory)),
    ]
    problems.push(...stated.map((problem) => `${title}: ${problem}`))
  }
  return problems
}

function patternProblems(stanza: PackageStanza): readonly string[] {
  return stanza.files.flatMap((pattern) => problemOf(() => matchGlobs([pattern], [], [])))
}

function descriptorProblems(stanza: PackageStanza): readonly string[] {
  return stanza.sdOverrides.flatMap((override) =>
    'sddl' in override
      ? problemOf(() => sddlToDescriptor(override.sddl)).map(
          (problem) => `sd_overrides of ${override.path}: ${problem}`,
        )
      : [],
  )
}

/** Name, architecture and texts: the draft is checked without relations and what depends on the payload. */
async function manifestProblems(
  recipe: Recipe,
  stanza: PackageStanza,
  identity: BuildIdentity,
  emptyDirectory: string,
): Promise<readonly string[]> {
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
  return errors
}
