/** What is wrong with a recipe, and what its author may want to change: everything that needs no build. */
import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { nearest } from '../config/nearest.ts'
import { asPeiError, reasonOf } from '../native/errors.ts'
import { patternReaches } from '../native/packages.ts'
import { compileTagPattern } from '../native/tag-pattern.ts'
import type { Problem } from '../recipe/problem.ts'
import { placeProblems, readRecipe } from '../recipe/read-recipe.ts'
import type { PackageStanza, Recipe } from '../recipe/recipe.ts'
import { checkRecipe } from './check-recipe.ts'
import { lintScript } from './lint-script.ts'

export interface LintReport {
  /** What `build` would refuse before it runs the script; each with file and line. */
  readonly errors: readonly string[]
  readonly warnings: readonly string[]
}

/** Stands for what only a build knows. */
const identity = { version: '1-1', timestamp: '1970-01-01T00:00:00Z', farmId: '', sourceRef: '' }

const LONGEST_DESCRIPTION = 80

/** `path`: the recipe directory, or its peipkg.toml. */
export async function lint(path: string): Promise<LintReport> {
  let recipe: Recipe
  try {
    recipe = await readRecipe(path)
  } catch (error) {
    if (asPeiError(error)?.code !== 'PEI_RECIPE_INVALID') throw error
    return { errors: reasonOf(error).split('\n'), warnings: [] }
  }
  const warnings = [...metaWarnings(recipe), ...recipe.packages.flatMap(stanzaWarnings(recipe))]
  return {
    errors: await placeProblems(recipe, await recipeErrors(recipe)),
    warnings: [...(await placeProblems(recipe, warnings)), ...(await lintScript(recipe.buildScript))],
  }
}

async function recipeErrors(recipe: Recipe): Promise<readonly Problem[]> {
  const empty = mkdtempSync(join(realpathSync(tmpdir()), 'peipkg-lint-'))
  try {
    return await checkRecipe(recipe, identity, empty)
  } finally {
    rmSync(empty, { recursive: true })
  }
}

function metaWarnings(recipe: Recipe): readonly Problem[] {
  const { license, otherSections } = recipe
  const known = ['meta', 'package', 'sign', 'upstream', 'watch']
  return [
    ...(license === '' ? [{ path: ['meta'], message: 'no "license" in [meta] (an SPDX expression)' }] : []),
    ...Object.keys(otherSections).flatMap((section) => {
      const near = known.includes(section) ? undefined : nearest(section, known)
      if (near === undefined) return []
      return [
        { path: [section, 0], message: `section "${section}" belongs to nobody (did you mean "${near}"?)` },
      ]
    }),
    ...tagPatternWarnings(otherSections.upstream),
  ]
}

/** What the build farm reads (file 9); it says the rest of what it has against a recipe itself. */
function tagPatternWarnings(upstream: unknown): readonly Problem[] {
  const { git, tag_pattern: pattern } = (upstream ?? {}) as { git?: unknown; tag_pattern?: unknown }
  const path = ['upstream', 'tag_pattern']
  if (pattern === undefined || pattern === '') {
    const isWatched = typeof git === 'string' && git !== ''
    return isWatched
      ? [{ path: ['upstream'], message: 'no "tag_pattern" in [upstream]: no tag will be built' }]
      : []
  }
  if (typeof pattern !== 'string') return [{ path, message: '"tag_pattern" in [upstream] must be a string' }]
  try {
    compileTagPattern(pattern)
    return []
  } catch (error) {
    return [{ path, message: reasonOf(error) }]
  }
}

function stanzaWarnings({ packages }: Recipe): (stanza: PackageStanza, index: number) => readonly Problem[] {
  return (stanza, index) => {
    const found = [
      ...descriptionWarnings(stanza.description),
      ...foreignDependencies(stanza, packages),
      ...idlePatterns(stanza),
    ]
    return found.map(({ path, message }) => ({
      path: ['package', index, ...path],
      message: `[[package]] "${stanza.name}": ${message}`,
    }))
  }
}

function descriptionWarnings(description: string): readonly Problem[] {
  const path = ['description']
  const { length } = [...description]
  return [
    ...(description === '' ? [{ path, message: 'no "description"' }] : []),
    ...(length > LONGEST_DESCRIPTION
      ? [{ path, message: `the description has ${length} characters: more than ${LONGEST_DESCRIPTION}` }]
      : []),
    ...(/[^\x20-\x7e]/.test(description) ? [{ path, message: 'the description is not plain ASCII' }] : []),
  ]
}

/** A package for every architecture that can be installed on one only. What others build is not known here. */
function foreignDependencies(stanza: PackageStanza, siblings: readonly PackageStanza[]): readonly Problem[] {
  if (stanza.architecture !== 'noarch') return []
  return stanza.dependencies.flatMap(({ name }, index) => {
    const sibling = siblings.find((other) => other.name === name)
    if (sibling === undefined || sibling.architecture === 'noarch') return []
    const message = `noarch, but it depends on "${name}", which is for ${sibling.architecture} only`
    return [{ path: ['dependencies', index], message }]
  })
}

function idlePatterns({ files, architecture }: PackageStanza): readonly Problem[] {
  return files.flatMap((pattern, index) => {
    if (reaches(pattern, architecture)) return []
    const message = `pattern "${pattern}" can match nothing that a package for ${architecture} may hold`
    return [{ path: ['files', index], message: `${message}${patternHint(pattern)}` }]
  })
}

/** A malformed pattern or architecture is one of the errors already. */
function reaches(pattern: string, architecture: string): boolean {
  try {
    return patternReaches(pattern, architecture)
  } catch {
    return true
  }
}

function patternHint(pattern: string): string {
  if (pattern.startsWith('/')) return ' (patterns are relative to $DESTDIR: leave out the first "/")'
  if (/^var(\/|$)/.test(pattern)) return ' (in var, only directories: a pattern for one ends in "/")'
  return ''
}
