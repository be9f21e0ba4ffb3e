/** Reads a recipe directory: peipkg.toml into a Recipe, or everything that is wrong with it. */
import { readFileSync, statSync } from 'node:fs'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { parse, TomlError } from 'smol-toml'
import { tomlReason } from '../config/toml-value.ts'
import { type Problem, recipeError } from './problem.ts'
import type { Recipe } from './recipe.ts'
import { shapeRecipe } from './shape.ts'

const FILE = 'peipkg.toml'
const MOST_BYTES = 4 * 1024 * 1024

/** `path`: the recipe directory, or its peipkg.toml. Throws PEI_RECIPE_INVALID with all problems, one a line. */
export async function readRecipe(path: string): Promise<Recipe> {
  const file = recipeFile(resolve(path))
  const text = readText(file)
  const problems: Problem[] = []
  const recipe = shapeRecipe(parseDocument(text, file), dirname(file), problems)
  if (problems.length === 0) checkBuildScript(recipe, problems)
  if (problems.length > 0) throw recipeError(await withLines(problems, text, file))
  return recipe
}

/** The problems of a recipe that was read, each with file and line, in their order. */
export async function placeProblems(
  recipe: Recipe,
  problems: readonly Problem[],
): Promise<readonly string[]> {
  return problems.length === 0 ? [] : await withLines(problems, readText(recipe.file), recipe.file)
}

function recipeFile(path: string): string {
  if (basename(path) === FILE && !isDirectory(path)) return path
  if (!isDirectory(path)) throw recipeError([`${path} is not a recipe directory (one with a ${FILE})`])
  return join(path, FILE)
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}

function readText(file: string): string {
  const size = statSync(file, { throwIfNoEntry: false })?.size
  if (size === undefined)
    throw recipeError([`${file} does not exist: a recipe is a directory with a ${FILE}`])
  if (size > MOST_BYTES) throw recipeError([`${file} is larger than ${MOST_BYTES} bytes: this is no recipe`])
  const bytes = readFileSync(file)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw recipeError([`${file} is not valid UTF-8`])
  }
}

function parseDocument(text: string, file: string): Readonly<Record<string, unknown>> {
  try {
    return parse(text)
  } catch (error) {
    if (!(error instanceof TomlError)) throw error
    throw recipeError([`${file}:${error.line}: not valid TOML: ${tomlReason(error)}`])
  }
}

function checkBuildScript(recipe: Recipe, problems: Problem[]): void {
  const stat = statSync(recipe.buildScript, { throwIfNoEntry: false })
  if (stat?.isFile()) return
  const reason = stat === undefined ? 'does not exist' : 'is not a regular file'
  problems.push({
    path: ['meta', 'build_script'],
    message: `the build script ${relative(recipe.directory, recipe.buildScript)} ${reason}`,
  })
}

async function withLines(
  problems: readonly Problem[],
  text: string,
  file: string,
): Promise<readonly string[]> {
  const { locate } = await import('../config/locate.ts')
  const lines = locate(
    text,
    problems.map((problem) => problem.path),
  )
  return problems
    .map((problem, index) => ({ line: lines[index] ?? 1, message: problem.message }))
    .sort((left, right) => left.line - right.line)
    .map(({ line, message }) => `${file}:${line}: ${message}`)
}
