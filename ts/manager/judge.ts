/** Decides whether a trigger leads to a build now: against the roster, the archive and earlier failures (§10.1–10.3). */

import { existsSync } from 'node:fs'
import { reasonOf } from '../native/errors.ts'
import { compareVersions } from '../native/identity.ts'
import type { Archive } from './archive.ts'
import type { Context } from './context.ts'
import { failureKey } from './failures.ts'
import type { Recipe, Trigger, TriggerSource } from './model.ts'

/** One version of a recipe that is to be built. */
export interface Job {
  readonly recipe: Recipe
  readonly tag: string
  readonly commit: string
  /** Of the package. */
  readonly version: string
  readonly source: TriggerSource
}

/**
 * `recipe`: the one of that id in the roster of now (§16.14). `published`: what the archive has; undefined when that cannot be
 * told, and then nothing is. Undefined, with a debug line, when nothing is to be done.
 */
export function judge(
  context: Context,
  recipe: Recipe | undefined,
  trigger: Trigger,
  published: Archive | undefined,
): Job | undefined {
  const job = refreshed(context, recipe, trigger)
  if (job === undefined) return undefined
  const skip = (why: string) => {
    const fields = { recipe: job.recipe.id, version: job.version, source: job.source }
    context.log.debug(`trigger skipped (${why})`, fields)
    return undefined
  }
  const key = failureKey(job.recipe.id, job.version)
  if (published !== undefined && isPublished(published, job)) {
    // It failed, and then rode along with another job. While an upload is pending, that is what failed.
    if (context.failures.has(key) && !existsSync(context.state.uploadPending)) context.failures.clear(key)
    return skip('already published')
  }
  if (context.failures.delays(key, context.clock.now())) return skip('in failure backoff window')
  return job
}

/** What is published now; undefined, with a warning, when that cannot be told. */
export function readPublished({ archive, log }: Context, recipe: string): Archive | undefined {
  try {
    return archive.read()
  } catch (error) {
    log.warn('dedup check failed; proceeding with build', { recipe, err: reasonOf(error) })
    return undefined
  }
}

/** The trigger as the recipe of now would have made it. */
function refreshed({ log }: Context, recipe: Recipe | undefined, trigger: Trigger): Job | undefined {
  const { tag, commit, source } = trigger
  const fields = { recipe: trigger.recipe.id, tag, source }
  if (recipe?.pattern === undefined) {
    log.debug('trigger dropped (recipe removed from roster)', fields)
    return undefined
  }
  const captured = recipe.git === trigger.recipe.git ? recipe.pattern.capture(tag) : undefined
  if (captured === undefined) {
    log.debug('trigger dropped (current recipe watches other tags)', fields)
    return undefined
  }
  const allowed = reachesMinimum(recipe, captured)
  if (allowed === false) {
    log.debug('trigger dropped (current recipe min_version forbids)', fields)
    return undefined
  }
  if (allowed !== true) log.warn('min_version recheck failed; proceeding', { ...fields, err: allowed })
  return { recipe, tag, commit, version: packageVersion(recipe, captured), source }
}

/** Whether `min_version` lets a version through; why that cannot be told, which lets it through too. */
export function reachesMinimum(recipe: Recipe, captured: string): boolean | string {
  if (recipe.minVersion === '') return true
  try {
    return compareVersions(`${captured}-1`, `${recipe.minVersion}-1`) >= 0
  } catch (error) {
    return reasonOf(error)
  }
}

/** `<captured>-<revision>`. */
export function packageVersion(recipe: Recipe, captured: string): string {
  return `${captured}-${Math.max(1, recipe.peiosRevision)}`
}

/** Whether it can be the version of a package; then it is a name for a directory, too: it holds no slash. */
export function isVersion(text: string): boolean {
  try {
    compareVersions(text, text)
    return true
  } catch {
    return false
  }
}

/** By all the packages that the recipe declares; by its id when that cannot be told (§16.3). */
function isPublished(published: Archive, { recipe, version }: Job): boolean {
  if (recipe.packages.length === 0) return published.has(recipe.id, version, undefined)
  return recipe.packages.every(({ name, architecture }) => published.has(name, version, architecture))
}
