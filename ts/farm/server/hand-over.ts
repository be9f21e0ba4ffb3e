/** What a worker is handed: the specification with the contents of its files. */
import { readFile } from 'node:fs/promises'
import type { Attempt } from '../api/attempt.ts'
import type { JobFile, RecipeSpec } from '../api/job.ts'
import type { Context } from './context.ts'
import type { ExecutionRow, FileReference } from './rows.ts'

const HOUR = 3_600_000

const defaultTimeout = HOUR
const defaultSilence = HOUR / 4

export interface Handed {
  readonly row: ExecutionRow
  readonly token: string
  readonly number: number
}

export async function deliver(context: Context, { row, token, number }: Handed): Promise<Attempt> {
  const { specification: given, kind } = row
  const { artifact, output, log } = context.settings.limits
  const isRecipe = kind === 'recipe' || kind === 'rebuild'
  return {
    token,
    execution: row.id,
    job: row.job,
    number,
    platform: row.platform,
    kind: isRecipe ? 'recipe' : 'script',
    script: isRecipe ? '' : (given.script ?? ''),
    files: isRecipe ? [] : await contentsOf(context, given.files),
    environment: given.environment ?? {},
    limits: {
      wall_ms: given.timeout_ms ?? defaultTimeout,
      silence_ms: given.silence_ms ?? defaultSilence,
      artifact_bytes: artifact,
      output_bytes: output,
      log_bytes: log,
      memory_bytes: 0,
      processes: 0,
      cpu_ms: 0,
    },
    sandbox: given.sandbox ?? null,
    network: given.network ?? false,
    recipe: given.recipe === undefined ? null : await recipeOf(context, given.recipe),
  }
}

async function recipeOf(
  context: Context,
  recipe: NonNullable<ExecutionRow['specification']['recipe']>,
): Promise<RecipeSpec> {
  const { source } = recipe
  const reference = source === undefined ? 'none' : `git+${source.git}#${source.ref}`
  return {
    ...recipe,
    files: await contentsOf(context, recipe.files),
    source_ref: recipe.source_ref === '' ? reference : recipe.source_ref,
    farm_id: recipe.farm_id === '' ? context.settings.id : recipe.farm_id,
  }
}

export async function contentsOf(
  context: Context,
  files: readonly FileReference[],
): Promise<readonly JobFile[]> {
  return await Promise.all(
    files.map(async ({ name, sha256, executable }) => ({
      name,
      executable,
      content: (await readFile(context.store.path(sha256))).toString('base64'),
    })),
  )
}
