/** What is wrong with a recipe: collected while reading, so that all of it is reported together. */
import type { KeyPath } from '../config/locate.ts'
import { PeiError } from '../native/errors.ts'

export type { KeyPath }

/** One broken rule, at a key of the document. */
export interface Problem {
  readonly path: KeyPath
  readonly message: string
}

/** A recipe that cannot be used; each problem is a line that names the file and, where known, the line. */
export function recipeError(problems: readonly string[]): PeiError {
  return new PeiError('PEI_RECIPE_INVALID', problems.join('\n'))
}
