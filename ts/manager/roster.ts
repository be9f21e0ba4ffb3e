/** The recipe roster: the real directories right below `recipes_dir` that hold a `peipkg.toml` (file 9, §6). */
import { type Dirent, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { PeiError, reasonOf } from '../native/errors.ts'
import type { Recipe, Roster } from './model.ts'
import { readSections } from './recipe-sections.ts'

const FILE = 'peipkg.toml'
const MOST_BYTES = 4 * 2 ** 20

/**
 * Reads all of them. One that breaks a rule is listed and not watched; one that cannot be read, or is not TOML, stops the
 * whole: PEI_IO, PEI_RECIPE_INVALID.
 */
export function loadRoster(recipesDir: string): Roster {
  const recipes: Recipe[] = []
  const problems = new Map<string, string>()
  for (const id of recipeIds(recipesDir)) {
    const path = join(recipesDir, id, FILE)
    const text = readRecipeText(path)
    if (text === undefined) continue
    const read = readSections(id, path, text)
    recipes.push(read.recipe)
    if (read.problems.length > 0) problems.set(id, `recipe ${id}: ${read.problems.join('; ')}`)
  }
  return { recipes, problems }
}

/** By bytes. A link to a directory is none. */
function recipeIds(recipesDir: string): readonly string[] {
  const entries = guard(`list ${recipesDir}`, () => readdirSync(recipesDir, { withFileTypes: true }))
  const ids = entries.filter((entry: Dirent) => entry.isDirectory()).map(({ name }) => name)
  return ids.sort((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)))
}

/** Undefined when there is none. */
function readRecipeText(path: string): string | undefined {
  const stat = guard(`read ${path}`, () => statSync(path, { throwIfNoEntry: false }))
  if (stat === undefined) return undefined
  if (!stat.isFile()) throw new PeiError('PEI_IO', `cannot read ${path}: not a regular file`)
  if (stat.size > MOST_BYTES)
    throw new PeiError('PEI_IO', `cannot read ${path}: larger than ${MOST_BYTES} bytes`)
  const bytes = guard(`read ${path}`, () => readFileSync(path))
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new PeiError('PEI_RECIPE_INVALID', `${path}: not valid UTF-8`)
  }
}

function guard<T>(doing: string, act: () => T): T {
  try {
    return act()
  } catch (error) {
    throw new PeiError('PEI_IO', `cannot ${doing}: ${reasonOf(error)}`, { cause: error })
  }
}
