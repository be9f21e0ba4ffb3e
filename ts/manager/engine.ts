/** The manager: polls upstreams, builds what is new, one job at a time, and publishes it (file 9, §1). */
import { reasonOf } from '../native/errors.ts'
import type { Context } from './context.ts'
import { runJob, succeed, type Waiting } from './job.ts'
import { judge, readPublished } from './judge.ts'
import type { Endpoint, Logger, Manager, PollOutcome, Roster, StatusSnapshot, Trigger } from './model.ts'
import { createPublication } from './publication.ts'
import { initRepository } from './publish.ts'
import { createQueue } from './queue.ts'
import { recover } from './recover.ts'
import { createTurns } from './turns.ts'
import { pollOnce, type Watching, watch } from './watcher.ts'

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

export function createEngine({ context, roster: first, loadRoster }: EngineRequest): Engine {
  const { clock, counters, log, settings } = context
  const startedAt = clock.now()
  const queue = createQueue()
  const turns = createTurns()
  const polls = new Map<string, PollOutcome>()
  const waiting: Waiting[] = []
  const publication = createPublication(context, () => {
    for (const job of waiting.splice(0)) succeed(context, job)
  })
  const stopping = new AbortController()
  let roster = first
  let watching: Watching | undefined
  let reloadWanted = false
  let wake = () => {}
  let cancelTending = () => {}

  const request = () => ({
    roster,
    emit: (trigger: Trigger, signal: AbortSignal) => queue.push(trigger, signal),
    polled: (recipe: string, outcome: PollOutcome) => polls.set(recipe, outcome),
  })

  async function consume(): Promise<void> {
    for (let next = await queue.take(); next !== undefined; next = await queue.take()) {
      const trigger = next
      await turns.take(() => handle(trigger))
    }
  }

  async function handle(trigger: Trigger): Promise<void> {
    const job = judge(
      context,
      roster.recipes.find(({ id }) => id === trigger.recipe.id),
      trigger,
      readPublished(context, trigger.recipe.id),
    )
    if (job === undefined || stopping.signal.aborted) return
    const left = await runJob(context, publication, job)
    if (left !== undefined) waiting.push(left)
    planTending()
  }

  /** Uploads that failed and signatures that age, whenever they are due. */
  function planTending(): void {
    cancelTending()
    const { due } = publication
    if (due === undefined || watching === undefined || stopping.signal.aborted) return
    cancelTending = clock.after(due - clock.now(), () => void turns.take(tend).then(planTending))
  }

  async function tend(): Promise<void> {
    if (!stopping.signal.aborted) await publication.tend()
  }

  async function epochs(open: OpenEndpoint): Promise<void> {
    while (!stopping.signal.aborted) {
      watching = watch(context, request())
      planTending()
      const endpoint = await open(engine)
      if (!reloadWanted && !stopping.signal.aborted) {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
      if (reloadWanted) log.info('reload requested; stopping watcher to swap recipe roster')
      await Promise.all([watching.stop(), endpoint?.close()])
      if (reloadWanted && !stopping.signal.aborted) await reload()
    }
  }

  async function reload(): Promise<void> {
    reloadWanted = false
    try {
      roster = await loadRoster()
      for (const id of polls.keys()) if (!roster.recipes.some((recipe) => recipe.id === id)) polls.delete(id)
      logProblems(log, roster)
      log.info('recipes reloaded', { count: roster.recipes.length, dir: settings.recipesDir })
    } catch (error) {
      log.error('reload: load roster failed; continuing with existing recipes', { err: reasonOf(error) })
    }
  }

  const engine: Engine = {
    async prepare() {
      await recover(context)
      await initRepository(context)
    },
    async runOnce() {
      const consumer = consume()
      await pollOnce(context, request(), stopping.signal)
      queue.finish()
      await consumer
      await turns.take(tend)
      await context.notifier.idle()
    },
    async runDaemon(open) {
      const consumer = consume()
      await epochs(open)
      cancelTending()
      await consumer
      await turns.take(async () => {})
      await context.notifier.idle()
    },
    stop() {
      stopping.abort()
      queue.close()
      wake()
    },
    kill() {
      context.children.killAll()
    },
    status: (): StatusSnapshot => ({
      farmId: settings.id,
      recipes: roster.recipes.map(({ id }) => id),
      buildsAttempted: counters.attempted,
      buildsSucceeded: counters.succeeded,
      inFlight: counters.inFlight,
      failures: context.failures.snapshot(),
      problems: roster.problems,
      queued: queue.size,
      uploadPending: publication.pending,
      lastPublish: lastPublish(context),
      startedAt,
      polls: new Map(polls),
    }),
    roster: () => roster,
    poll: (recipe, source) => watching?.poll(recipe, source) ?? false,
    reload() {
      reloadWanted = true
      wake()
    },
    history: (recipe, limit) => context.history.read(recipe, limit),
    logs: (recipe) => context.logs.list(recipe),
    logPath: (recipe, name) => context.logs.path(recipe, name),
  }
  return engine
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
