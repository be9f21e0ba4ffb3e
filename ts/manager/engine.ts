/** The manager: polls upstreams, builds what is new, one job at a time, and publishes it (file 9, §1). */
import { reasonOf } from '../native/errors.ts'
import type { Context } from './context.ts'
import type { Endpoint, Logger, Manager, PollOutcome, Roster, StatusSnapshot } from './model.ts'
import { initRepository } from './publish.ts'
import { recover } from './recover.ts'
import { pollOnce, type Watching, type WatchRequest, watch } from './watcher.ts'
import { createWorker, type Worker } from './worker.ts'

export interface Engine extends Manager {
  /** Brings the state directory to rest and makes the repository when there is none. Throws when that fails. */
  prepare(): Promise<void>
  /** One sweep over the recipes; resolves when all that it found is built. */
  runOnce(): Promise<void>
  /** Until `stop`. */
  runDaemon(open: OpenEndpoint): Promise<void>
  /** Watches no more, takes no more jobs; the one at hand goes on to its end. */
  stop(): void
  /** Kills the job at hand with all it started. */
  kill(): void
}

/** Called at the start of every epoch; undefined when there is no server. */
type OpenEndpoint = (manager: Manager) => Promise<Endpoint | undefined>

export interface EngineRequest {
  readonly context: Context
  readonly roster: Roster
  readonly loadRoster: () => Promise<Roster>
}

/** What changes while it runs. */
interface State {
  roster: Roster
  watching: Watching | undefined
  reloadWanted: boolean
  /** Ends the wait of the epoch at hand. */
  wake: () => void
  readonly polls: Map<string, PollOutcome>
  readonly stopping: AbortController
}

export function createEngine({ context, roster, loadRoster }: EngineRequest): Engine {
  const startedAt = context.clock.now()
  const state: State = {
    roster,
    watching: undefined,
    reloadWanted: false,
    wake: () => {},
    polls: new Map(),
    stopping: new AbortController(),
  }
  const worker = createWorker(context, () => state.roster)
  const engine: Engine = {
    async prepare() {
      await recover(context)
      await initRepository(context)
      if (context.settings.farmServer !== '') await settleFarm(context, loadRoster)
    },
    async runOnce() {
      const working = worker.run()
      await pollOnce(context, watchRequest(state, worker), state.stopping.signal)
      worker.finish()
      await working
      await worker.tend()
      await context.notifier.idle()
    },
    async runDaemon(open) {
      const working = worker.run()
      worker.keepTending()
      while (!state.stopping.signal.aborted) {
        await liveEpoch(context, state, worker, () => open(engine))
        if (state.reloadWanted && !state.stopping.signal.aborted) await reload(context, state, loadRoster)
      }
      await working
      await context.notifier.idle()
    },
    stop() {
      state.stopping.abort()
      worker.stop()
      state.wake()
    },
    kill: () => context.children.killAll(),
    status: () => snapshot(context, state, worker, startedAt),
    roster: () => state.roster,
    poll: (recipe, source) => state.watching?.poll(recipe, source) ?? false,
    reload() {
      state.reloadWanted = true
      state.wake()
    },
    history: (recipe, limit) => context.history.read(recipe, limit),
    logs: (recipe) => context.logs.list(recipe),
    logPath: (recipe, name) => context.logs.path(recipe, name),
  }
  return engine
}

/** The whole roster counts, also where only one recipe is built. */
async function settleFarm(context: Context, loadRoster: () => Promise<Roster>): Promise<void> {
  const { settleFarmJobs } = await import('./farm.ts')
  await settleFarmJobs(context, await loadRoster())
}

function watchRequest(state: State, worker: Worker): WatchRequest {
  return {
    roster: state.roster,
    emit: (trigger, signal) => worker.add(trigger, signal),
    polled: (recipe, outcome) => state.polls.set(recipe, outcome),
  }
}

/** Watches one roster, until a reload or the end. */
async function liveEpoch(
  context: Context,
  state: State,
  worker: Worker,
  open: () => Promise<Endpoint | undefined>,
): Promise<void> {
  const watching = watch(context, watchRequest(state, worker))
  state.watching = watching
  const endpoint = await open()
  if (!state.reloadWanted && !state.stopping.signal.aborted) {
    await new Promise<void>((resolve) => {
      state.wake = resolve
    })
  }
  if (state.reloadWanted) context.log.info('reload requested; stopping watcher to swap recipe roster')
  await Promise.all([watching.stop(), endpoint?.close()])
}

/** What is asked for meanwhile leads to one more reload. */
async function reload(
  { log, settings }: Context,
  state: State,
  loadRoster: () => Promise<Roster>,
): Promise<void> {
  state.reloadWanted = false
  try {
    state.roster = await loadRoster()
  } catch (error) {
    log.error('reload: load roster failed; continuing with existing recipes', { err: reasonOf(error) })
    return
  }
  const { recipes } = state.roster
  for (const id of state.polls.keys()) if (!recipes.some((recipe) => recipe.id === id)) state.polls.delete(id)
  logProblems(log, state.roster)
  log.info('recipes reloaded', { count: recipes.length, dir: settings.recipesDir })
}

function snapshot(context: Context, state: State, worker: Worker, startedAt: number): StatusSnapshot {
  const { counters, failures, settings } = context
  return {
    farmId: settings.id,
    recipes: state.roster.recipes.map(({ id }) => id),
    buildsAttempted: counters.attempted,
    buildsSucceeded: counters.succeeded,
    inFlight: counters.inFlight,
    failures: failures.snapshot(),
    problems: state.roster.problems,
    queued: worker.queued,
    uploadPending: worker.uploadPending,
    lastPublish: lastPublish(context),
    startedAt,
    polls: new Map(state.polls),
  }
}

/** Each recipe that is skipped, with the rule it breaks. */
export function logProblems(log: Logger, roster: Roster): void {
  for (const [recipe, problem] of roster.problems) log.error('recipe skipped', { recipe, err: problem })
}

function lastPublish({ archive }: Context): number | undefined {
  try {
    return archive.read().generatedAt
  } catch {
    return undefined
  }
}
