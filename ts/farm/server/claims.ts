/** Who gets what: one loop for all that wait, woken by every change; looking each second is only the way back from a doubt. */
import type { Attempt, ClaimAnswer, ClaimRequest } from '../api/attempt.ts'
import type { Context, Live, Worker } from './context.ts'
import { endAttempt } from './ending.ts'
import { deliver, type Handed } from './hand-over.ts'
import { beginPart, placeOfPart } from './log-parts.ts'
import { misfit } from './needs.ts'
import { headOf, precedes, type Queue, type Waiting } from './queue-index.ts'
import type { AttemptRow, ExecutionRow } from './rows.ts'
import { hashToken, makeToken } from './tokens.ts'
import { isDrained, isThere, noteWorker } from './workers.ts'

export interface Claims {
  /** `gone` aborts when nobody waits for the answer any more. */
  claim(request: ClaimRequest, gone: AbortSignal): Promise<ClaimAnswer>
  /** Something may fit somebody now. */
  pump(): void
  /** Answers all that wait. */
  close(): void
}

const LONGEST_WAIT = 30_000

interface Claimant {
  readonly request: ClaimRequest
  /** Being served just now: its time may be over, its answer is still to come. */
  busy: boolean
  over: boolean
  /** There was nothing for it: its time runs from the first such look. */
  passed(): void
  settle(answer: ClaimAnswer | Error): void
}

export function createClaims(context: Context): Claims {
  const claimants = new Set<Claimant>()
  let running = false
  let again = false
  let closed = false
  const nothing = ({ worker }: ClaimRequest): ClaimAnswer => ({
    attempt: null,
    drain: isDrained(context, worker),
  })
  const serve = async (claimant: Claimant) => {
    const { request } = claimant
    const queue = isDrained(context, request.worker) ? undefined : bestQueue(context, request.worker)
    if (queue === undefined) return claimant.passed()
    claimant.busy = true
    try {
      const attempt = await assign(context, queue, request)
      if (attempt !== undefined) claimant.settle({ attempt, drain: false })
      else again = true
    } catch (error) {
      claimant.settle(error as Error)
    }
    claimant.busy = false
    if (claimant.over) claimant.settle(nothing(request))
  }
  const passes = async () => {
    running = true
    while (again) {
      again = false
      for (const claimant of claimants) await serve(claimant)
    }
    running = false
  }
  const pump = () => {
    again = true
    if (!running) void passes()
  }
  return {
    pump,
    close() {
      closed = true
      for (const claimant of claimants) claimant.settle(nothing(claimant.request))
    },
    async claim(request, gone) {
      await noteWorker(context, request)
      const before = await settleFormer(context, request)
      if (before !== undefined) return { attempt: before, drain: false }
      if (closed || gone.aborted) return nothing(request)
      noteTwins(context, claimants, request)
      return await new Promise<ClaimAnswer>((resolve, reject) => {
        let timer: NodeJS.Timeout | undefined
        const claimant: Claimant = {
          ...{ request, busy: false, over: false },
          // However short the time: what is there already is handed out.
          passed() {
            timer ??= setTimeout(giveUp, Math.min(request.wait_ms ?? LONGEST_WAIT, LONGEST_WAIT))
          },
          settle(answer) {
            clearTimeout(timer)
            gone.removeEventListener('abort', giveUp)
            claimants.delete(claimant)
            if (answer instanceof Error) reject(answer)
            else resolve(answer)
          },
        }
        const giveUp = () => {
          claimant.over = true
          if (!claimant.busy) claimant.settle(nothing(request))
        }
        gone.addEventListener('abort', giveUp, { once: true })
        claimants.add(claimant)
        // Nothing waits for the end of the passes: in a busy hour there is none, and all that was claimed would be kept until then.
        pump()
      })
    },
  }
}

/**
 * Two processes under one name look like one worker, and are drained as one: an operator should know. Refusing the second could
 * keep out one that was restarted while its former connection is not known to be gone.
 */
function noteTwins(
  { problems, log }: Context,
  claimants: ReadonlySet<Claimant>,
  request: ClaimRequest,
): void {
  const { worker, instance } = request
  const name = `worker ${worker}`
  const twin = [...claimants].some(
    ({ request: other }) => other.worker === worker && other.instance !== instance,
  )
  if (!twin) problems.delete(name)
  else if (!problems.has(name)) {
    problems.set(name, `two workers call themselves ${worker}: give each a --name of its own`)
    log.warn('two workers have the same name', { worker })
  }
}

/**
 * A worker runs one job at a time. When it asks for another, either the answer that gave it the last one was lost, and it gets
 * that again; or it gave up, and the attempt is lost at once.
 */
async function settleFormer(context: Context, request: ClaimRequest): Promise<Attempt | undefined> {
  for (const live of context.live.values()) {
    if (live.worker !== request.worker || live.instance !== request.instance) continue
    if (!live.heard && !live.cancel) return await handAgain(context, live)
    await endAttempt(context, {
      ...live,
      result: { kind: 'infrastructure', reason: 'the worker gave it up' },
      sandbox: '',
    })
  }
  return undefined
}

async function handAgain(context: Context, live: Live): Promise<Attempt | undefined> {
  const token = makeToken()
  const [row] = await context.engine.query<ExecutionRow>('select * from farm.executions where id = $1', [
    live.execution,
  ])
  if (row === undefined || context.live.get(live.execution) !== live) return undefined
  await context.engine.query(
    'update farm.attempts set token_hash = $3 where execution = $1 and number = $2',
    [...[live.execution, live.number, hashToken(token)]],
  )
  live.tokenHash = hashToken(token)
  live.heardAt = context.clock.now()
  return await deliver(context, { row, token, number: live.number })
}

/** Among the queues that fit a worker, the one whose first comes first. */
function bestQueue(context: Context, name: string): Queue | undefined {
  const worker = context.workers.get(name)
  if (worker === undefined) return undefined
  let best: { queue: Queue; head: Waiting } | undefined
  for (const queue of context.queues.queues()) {
    if (context.dropped.has(queue.needs.platform) || misfit(worker, queue.needs) !== undefined) continue
    const head = headOf(queue)
    if (head === undefined || !mayTake(context, worker, queue, head)) continue
    if (best === undefined || precedes(head, best.head)) best = { queue, head }
  }
  return best?.queue
}

/** A worker that failed it gets it again only when no other could. */
function mayTake(context: Context, worker: Worker, { needs }: Queue, head: Waiting): boolean {
  if (!needs.excluded.includes(worker.worker)) return true
  const { clock, times } = context
  const since = Math.max(head.createdAt, context.requeuedAt.get(head.execution) ?? 0)
  if (clock.now() - since < times.exclusion) return false
  return ![...context.workers.values()].some(
    (other) =>
      !needs.excluded.includes(other.worker) &&
      isThere(context, other) &&
      !isDrained(context, other.worker) &&
      misfit(other, needs) === undefined,
  )
}

/** Undefined: the queue was empty after all. */
async function assign(context: Context, queue: Queue, request: ClaimRequest): Promise<Attempt | undefined> {
  const token = makeToken()
  const handed = await context.changes.run(async ({ tx, after }): Promise<Handed | undefined> => {
    const execution = await tx.fetch(queue.name)
    if (execution === undefined) {
      context.changes.doubt()
      after(() => {
        for (const waiting of [...queue.waiting.keys()]) context.queues.remove(waiting)
      })
      return undefined
    }
    const now = context.clock.now()
    const [row] = await tx.query<ExecutionRow>(
      `update farm.executions set state = 'running', reason = '', tries = tries + 1, started_at = coalesce(started_at, $2)
       where id = $1 and state = 'queued' returning *`,
      [execution, now],
    )
    if (row === undefined) {
      // Of an execution that ended meanwhile.
      await tx.remove(queue.name, execution)
      after(() => context.queues.remove(execution))
      return undefined
    }
    const part = { execution, number: row.tries, worker: request.worker }
    const logOffset = await placeOfPart(context, part)
    const attempt: Live = {
      ...{ ...part, platform: row.platform, instance: request.instance },
      ...{ tokenHash: hashToken(token), logOffset, heardAt: now, heard: false, cancel: row.cancelled },
    }
    await insertAttempt(tx, attempt, now)
    after(() => {
      context.queues.remove(execution)
      context.live.set(execution, attempt)
      context.requeuedAt.delete(execution)
      context.logs.wake(execution)
    })
    return { row, token, number: row.tries }
  })
  if (handed === undefined) return undefined
  const live = context.live.get(handed.row.id)
  // Where it cannot be written now, the worker's first words are waited for, or refused.
  if (live !== undefined) await beginPart(context, live).catch(() => undefined)
  return await deliver(context, handed)
}

type Inserted = Pick<AttemptRow, never> & Live

async function insertAttempt(
  tx: { query(text: string, values: unknown[]): Promise<unknown> },
  live: Inserted,
  now: number,
) {
  await tx.query(
    `insert into farm.attempts (execution, number, worker, instance, token_hash, started_at, heard_at, log_offset)
     values ($1, $2, $3, $4, $5, $6, $6, $7)`,
    [live.execution, live.number, live.worker, live.instance, live.tokenHash, now, live.logOffset],
  )
}
