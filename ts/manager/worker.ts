/** What is done one thing at a time: jobs, in the order of their triggers, uploads that failed, and new signatures. */
import type { Context } from './context.ts'
import { runJob, succeed, type Waiting } from './job.ts'
import { judge, readPublished } from './judge.ts'
import type { Roster, Trigger, UploadPending } from './model.ts'
import { createPublication } from './publication.ts'
import { createQueue } from './queue.ts'
import { createTurns } from './turns.ts'

export interface Worker {
  /** Triggers that wait. */
  readonly queued: number
  readonly uploadPending: UploadPending | undefined
  /** Waits while there are too many, until `signal` aborts. */
  add(trigger: Trigger, signal: AbortSignal): Promise<void>
  /** Works until `stop`; after `finish`, until nothing waits. */
  run(): Promise<void>
  /** Nothing more is added. */
  finish(): void
  /** Begins nothing more; what it is at goes on. */
  stop(): void
  /** Sees to what is due now. */
  tend(): Promise<void>
  /** Sees to it whenever it is due, until `stop`. */
  keepTending(): void
}

/** `roster`: the one of now. */
export function createWorker(context: Context, roster: () => Roster): Worker {
  const { clock } = context
  const queue = createQueue()
  const turns = createTurns()
  const waiting: Waiting[] = []
  const publication = createPublication(context, () => {
    for (const job of waiting.splice(0)) succeed(context, job)
  })
  let stopped = false
  let tending = false
  let cancel = () => {}

  async function handle(trigger: Trigger): Promise<void> {
    const { id } = trigger.recipe
    const recipe = roster().recipes.find((entry) => entry.id === id)
    const job = judge(context, recipe, trigger, readPublished(context, id))
    if (job === undefined || stopped) return
    const left = await runJob(context, publication, job)
    if (left !== undefined) waiting.push(left)
    plan()
  }

  function tend(): Promise<void> {
    return turns.take(async () => {
      if (!stopped) await publication.tend()
    })
  }

  function plan(): void {
    cancel()
    const { due } = publication
    if (due !== undefined && tending && !stopped) {
      cancel = clock.after(due - clock.now(), () => void tend().then(plan))
    }
  }

  return {
    get queued() {
      return queue.size
    },
    get uploadPending() {
      return publication.pending
    },
    add: (trigger, signal) => queue.push(trigger, signal),
    async run() {
      for (let next = await queue.take(); next !== undefined; next = await queue.take()) {
        const trigger = next
        await turns.take(() => handle(trigger))
      }
      await turns.take(async () => {})
    },
    finish: () => queue.finish(),
    stop() {
      stopped = true
      cancel()
      queue.close()
    },
    tend,
    keepTending() {
      tending = true
      plan()
    },
  }
}
