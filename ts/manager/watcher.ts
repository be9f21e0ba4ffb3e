/**
 * One epoch of watching: every auto-watched recipe is polled at once and then in its interval, at most so many at a time;
 * a poll that is asked for while one runs follows it. A reload ends the epoch and begins another.
 */
import { setMaxListeners } from 'node:events'
import { reasonOf } from '../native/errors.ts'
import type { Context } from './context.ts'
import type { PollOutcome, Recipe, Roster, Trigger, TriggerSource } from './model.ts'
import { emitMatches, lookUpstream } from './poll.ts'
import { createSlots, type Slots } from './slots.ts'

export interface Watching {
  /** False when no such recipe is watched. */
  poll(recipe: string, source: TriggerSource): boolean
  /** Ends all polls; resolves when the last one has. */
  stop(): Promise<void>
}

export interface WatchRequest {
  readonly roster: Roster
  readonly emit: (trigger: Trigger, signal: AbortSignal) => Promise<void>
  readonly polled: (recipe: string, outcome: PollOutcome) => void
}

/** For the daemon. */
export function watch(context: Context, request: WatchRequest): Watching {
  const abort = new AbortController()
  // One listener a recipe.
  setMaxListeners(0, abort.signal)
  const slots = createSlots(context.settings.limits.concurrentPolls)
  const watched = new Map(
    request.roster.recipes
      .filter(isWatched)
      .map((recipe) => [recipe.id, watchRecipe(context, recipe, request, slots, abort.signal)]),
  )
  return {
    poll(id, source) {
      watched.get(id)?.poll(source)
      return watched.has(id)
    },
    async stop() {
      abort.abort()
      await Promise.all([...watched.values()].map((recipe) => recipe.stopped()))
    },
  }
}

/** For once-mode: each recipe once. A poll that breaks down ends neither the others nor the sweep. */
export async function pollOnce(context: Context, request: WatchRequest, signal: AbortSignal): Promise<void> {
  setMaxListeners(0, signal)
  const slots = createSlots(context.settings.limits.concurrentPolls)
  const recipes = request.roster.recipes.filter(isWatched)
  await Promise.all(
    recipes.map((recipe) =>
      poll(context, recipe, 'poll', request, slots, signal).catch((error) =>
        context.log.error('watcher RunOnce', { recipe: recipe.id, err: reasonOf(error) }),
      ),
    ),
  )
}

function isWatched(recipe: Recipe): boolean {
  return recipe.pattern !== undefined
}

interface WatchedRecipe {
  poll(source: TriggerSource): void
  stopped(): Promise<void>
}

function watchRecipe(
  context: Context,
  recipe: Recipe,
  request: WatchRequest,
  slots: Slots,
  signal: AbortSignal,
): WatchedRecipe {
  const { clock, settings } = context
  const interval = recipe.pollInterval ?? settings.defaultInterval
  let running: Promise<void> | undefined
  let again: TriggerSource | undefined
  const start = (source: TriggerSource) => {
    if (signal.aborted) return
    running = poll(context, recipe, source, request, slots, signal)
      .catch((error) => context.log.error('watcher exited', { recipe: recipe.id, err: reasonOf(error) }))
      .finally(() => {
        running = undefined
        const next = again
        again = undefined
        if (next !== undefined) start(next)
      })
  }
  let due = clock.now()
  let cancel = () => {}
  const tick = () => {
    // A tick that comes while a poll runs is dropped.
    if (running === undefined) start('poll')
    while (due <= clock.now()) due += interval
    cancel = clock.after(due - clock.now(), tick)
  }
  tick()
  signal.addEventListener('abort', () => cancel(), { once: true })
  return {
    poll(source) {
      if (running === undefined) start(source)
      else again = source
    },
    async stopped() {
      await running
    },
  }
}

/** The slot is for git only: a full queue holds up nobody's look at an upstream. */
async function poll(
  context: Context,
  recipe: Recipe,
  source: TriggerSource,
  request: WatchRequest,
  slots: Slots,
  signal: AbortSignal,
): Promise<void> {
  const tags = await slots.use(signal, () => lookUpstream(context, recipe, signal))
  if (tags === undefined || signal.aborted) return
  const error = tags instanceof Error ? tags.message : undefined
  request.polled(recipe.id, { at: context.clock.now(), error })
  if (tags instanceof Error) return
  const emit = (trigger: Trigger) => request.emit(trigger, signal)
  await emitMatches(context, { recipe, source, emit, signal }, tags)
}
