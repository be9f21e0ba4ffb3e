/** One look at an upstream: its tags, and a trigger for each version that is to be built (§8.1). */

import { reasonOf } from '../native/errors.ts'
import { compareVersions } from '../native/identity.ts'
import type { Context } from './context.ts'
import { isVersion, judge, packageVersion, reachesMinimum, readPublished } from './judge.ts'
import type { Recipe, Trigger, TriggerSource } from './model.ts'
import { listRemoteTags, type RemoteTag } from './remote-tags.ts'

export interface PollRequest {
  readonly recipe: Recipe
  readonly source: TriggerSource
  /** Where a trigger goes; resolves when there is room for the next. */
  readonly emit: (trigger: Trigger) => Promise<void>
  readonly signal: AbortSignal
}

/** The tags of the upstream; undefined, with a warning, when they cannot be told. Its error is the result's. */
export async function lookUpstream(
  context: Context,
  recipe: Recipe,
  signal: AbortSignal,
): Promise<readonly RemoteTag[] | Error> {
  const { children, log, settings } = context
  log.info('polling upstream', { recipe: recipe.id, git: recipe.git })
  try {
    return await listRemoteTags(children, recipe.git, settings.limits.git, signal)
  } catch (error) {
    // An upstream that was let go of by a reload has not failed.
    if (!signal.aborted) log.warn('ls-remote failed', { recipe: recipe.id, err: reasonOf(error) })
    return error instanceof Error ? error : new Error(reasonOf(error))
  }
}

/**
 * Emits the matches, highest version first (§16.16). What is published or has just failed is left out here already, so that
 * a long build does not fill the queue with what the consumer would only drop.
 */
export async function emitMatches(
  context: Context,
  { recipe, source, emit, signal }: PollRequest,
  tags: readonly RemoteTag[],
): Promise<void> {
  let skipped = 0
  const matches: Trigger[] = []
  for (const { name: tag, commit } of tags) {
    const captured = recipe.pattern?.capture(tag)
    if (captured === undefined) continue
    const allowed = reachesMinimum(recipe, captured)
    if (allowed === false) skipped += 1
    else matches.push({ recipe, tag, captured, commit, source })
    if (typeof allowed === 'string') {
      context.log.warn('min_version comparison failed; emitting anyway', {
        recipe: recipe.id,
        tag,
        err: allowed,
      })
    }
  }
  const published = matches.length === 0 ? undefined : readPublished(context, recipe.id)
  for (const trigger of highestFirst(matches)) {
    if (signal.aborted) return
    if (judge(context, recipe, trigger, published) !== undefined) await emit(trigger)
  }
  context.log.info('poll complete', {
    recipe: recipe.id,
    tags_seen: tags.length,
    matches_emitted: matches.length,
    skipped_below_min_version: skipped,
  })
}

/** What is no version comes last, as git listed it. */
function highestFirst(matches: readonly Trigger[]): readonly Trigger[] {
  const ranked = matches.map((match) => ({ match, version: validVersion(match) }))
  ranked.sort((left, right) => {
    if (left.version === undefined || right.version === undefined) {
      return Number(right.version !== undefined) - Number(left.version !== undefined)
    }
    return compareVersions(right.version, left.version)
  })
  return ranked.map(({ match }) => match)
}

function validVersion({ recipe, captured }: Trigger): string | undefined {
  const version = packageVersion(recipe, captured)
  return isVersion(version) ? version : undefined
}
