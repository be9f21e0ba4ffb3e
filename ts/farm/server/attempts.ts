/** What a worker may do with the attempt it was given, and with no other (file 10, Promises: fencing). */
import { isDeepStrictEqual } from 'node:util'
import type { ArtifactAnswer, FinishRequest, HeartbeatAnswer, LogAnswer } from '../api/attempt.ts'
import type { Context, Live } from './context.ts'
import { checkPath } from './decode-job.ts'
import { type AttemptEnd, endAttempt } from './ending.ts'
import { beginPart } from './log-parts.ts'
import type { Range } from './receive.ts'
import { Refusal } from './refusal.ts'
import type { AttemptRow, ExecutionRow } from './rows.ts'
import { hashToken } from './tokens.ts'
import { isDrained } from './workers.ts'

const fenced = () => new Refusal('fenced', 'this attempt is over, or it is not yours: drop it')

/** Every call is a sign of life. Throws `fenced`. */
export async function authorise(context: Context, execution: string, token: string): Promise<Live> {
  const hash = hashToken(token)
  const live = context.live.get(execution)
  const own = live !== undefined && live.tokenHash === hash ? live : await revive(context, execution, hash)
  if (own === undefined) throw fenced()
  own.heard = true
  own.heardAt = context.clock.now()
  const worker = context.workers.get(own.worker)
  if (worker !== undefined) worker.seenAt = own.heardAt
  return own
}

/** A worker that was thought lost goes on with its job as long as nobody else has it. */
async function revive(context: Context, execution: string, hash: string): Promise<Live | undefined> {
  if (context.live.has(execution)) return undefined
  if ((await latestAttempt(context, execution, hash))?.result?.kind !== 'infrastructure') return undefined
  return await context.changes.run(async ({ tx, after }) => {
    const [row] = await tx.query<ExecutionRow>(
      `update farm.executions set state = 'running', reason = '' where id = $1 and state = 'queued' returning *`,
      [execution],
    )
    if (row === undefined) return undefined
    const [attempt] = await tx.query<AttemptRow>(
      `update farm.attempts set ended_at = null, result = null
       where execution = $1 and number = $2 and token_hash = $3 and result ->> 'reason' = $4 returning *`,
      [execution, row.tries, hash, lostReason],
    )
    if (attempt === undefined) throw fenced()
    await tx.remove(row.queue, execution)
    const live = liveOf(attempt, row, context.clock.now())
    after(() => {
      context.queues.remove(execution)
      context.live.set(execution, live)
      context.logs.wake(execution)
    })
    // The engine holds nothing of what runs on after this; its end removes nothing and needs nothing.
    return live
  })
}

/** `heard` as far as it was written down. */
export function liveOf(
  attempt: AttemptRow,
  row: Pick<ExecutionRow, 'platform' | 'cancelled'>,
  now: number,
): Live {
  const { execution, number, worker, instance, token_hash: tokenHash, log_offset: logOffset } = attempt
  const { platform, cancelled: cancel } = row
  return {
    execution,
    number,
    platform,
    worker,
    instance,
    tokenHash,
    logOffset,
    heardAt: now,
    heard: true,
    cancel,
  }
}

async function latestAttempt(
  { engine }: Context,
  execution: string,
  hash: string,
): Promise<AttemptRow | undefined> {
  const [row] = await engine.query<AttemptRow>(
    `select * from farm.attempts where execution = $1 order by number desc limit 1`,
    [execution],
  )
  return row?.token_hash === hash ? row : undefined
}

export function heartbeat(context: Context, live: Live): HeartbeatAnswer {
  return { cancel: live.cancel, drain: isDrained(context, live.worker) }
}

export async function appendLog(
  context: Context,
  live: Live,
  offset: number,
  content: Buffer,
): Promise<LogAnswer> {
  const { log: most } = context.settings.limits
  if (offset + content.length > most) {
    throw new Refusal('too-large', `the log is longer than the ${most} bytes allowed`, {
      offset: await attemptLength(context, live),
    })
  }
  try {
    await beginPart(context, live)
    const length = await context.logs.write(live.execution, live.logOffset + offset, content)
    return { offset: length - live.logOffset }
  } catch (error) {
    if (error instanceof Refusal && error.word === 'gap') {
      throw new Refusal('gap', error.message, { offset: await attemptLength(context, live) })
    }
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
    context.problems.set('log', "the server's disk is full: logs cannot be written")
    throw new Refusal('disk-full', "the server's disk is full: the log cannot be written")
  }
}

const attemptLength = async ({ logs }: Context, live: Live) =>
  Math.max(0, (await logs.length(live.execution)) - live.logOffset)

export function artifactOffset({ receiver }: Context, live: Live, name: string): Promise<number> {
  checkPath(name, 'the artifact')
  return receiver.offset(live.execution, live.number, name)
}

export interface Sent {
  readonly name: string
  readonly range: Range
  readonly sha256: string
  readonly body: AsyncIterable<Buffer>
}

export async function receiveArtifact(context: Context, live: Live, sent: Sent): Promise<ArtifactAnswer> {
  checkPath(sent.name, 'the artifact')
  const { artifact, output } = context.settings.limits
  const others = await context.engine.query<{ name: string; bytes: number }>(
    'select name, bytes from farm.artifacts where execution = $1 and name <> $2',
    [live.execution, sent.name],
  )
  const together = others.reduce((sum, { bytes }) => sum + bytes, sent.range.total)
  if (together > output) {
    throw new Refusal(
      'too-large',
      `the artifacts have ${together} bytes together, more than the ${output} allowed`,
    )
  }
  const answer = await context.receiver.receive({
    ...sent,
    execution: live.execution,
    attempt: live.number,
    limit: artifact,
  })
  if (!answer.complete) return answer
  // Another may have it by now: what a fenced attempt brought stays out of the record.
  if (context.live.get(live.execution) !== live) throw fenced()
  await context.engine.query(
    `insert into farm.artifacts (execution, name, sha256, bytes) values ($1, $2, $3, $4)
     on conflict (execution, name) do update set sha256 = excluded.sha256, bytes = excluded.bytes`,
    [live.execution, sent.name, answer.sha256, answer.offset],
  )
  return answer
}

/** Sent again after it was heard: the same answer. Throws `fenced`, `incomplete`. */
export async function finish(
  context: Context,
  execution: string,
  token: string,
  request: FinishRequest,
): Promise<void> {
  const wasTold = async () => {
    const attempt = await latestAttempt(context, execution, hashToken(token))
    return attempt?.ended_at != null && isDeepStrictEqual(attempt.result, request.result)
  }
  const live = await authorise(context, execution, token).catch(async (error: unknown) => {
    if (await wasTold()) return undefined
    throw error
  })
  if (live === undefined) return
  const failed = request.result.kind === 'infrastructure'
  if (!failed) await checkWhole(context, live, request)
  const end: AttemptEnd = {
    ...{
      execution,
      number: live.number,
      worker: live.worker,
      result: request.result,
      sandbox: request.sandbox,
    },
    build: request.build,
  }
  // Also when the commit that told it was not answered, and memory does not know of it yet.
  if (!(await endAttempt(context, end)) && !(await wasTold())) throw fenced()
}

async function checkWhole(context: Context, live: Live, request: FinishRequest): Promise<void> {
  const length = await attemptLength(context, live)
  if (length < request.log_bytes) {
    throw new Refusal('incomplete', `the log has ${length} bytes of ${request.log_bytes}`, {
      log_offset: length,
    })
  }
  const rows = await context.engine.query<{ name: string; sha256: string; bytes: number }>(
    'select name, sha256, bytes from farm.artifacts where execution = $1',
    [live.execution],
  )
  const there = new Map(rows.map((row) => [row.name, row]))
  const missing = request.artifacts.filter(({ name, sha256, bytes }) => {
    const found = there.get(name)
    return found === undefined || found.sha256 !== sha256 || found.bytes !== bytes
  })
  if (missing.length > 0) {
    const names = missing.map(({ name }) => name)
    throw new Refusal('incomplete', `these artifacts are not there as they should be: ${names.join(', ')}`, {
      artifacts: names,
    })
  }
  // Of an attempt before this one.
  const own = new Set(request.artifacts.map(({ name }) => name))
  const foreign = rows.filter(({ name }) => !own.has(name)).map(({ name }) => name)
  if (foreign.length > 0) {
    await context.engine.query('delete from farm.artifacts where execution = $1 and name = any($2)', [
      ...[live.execution, foreign],
    ])
  }
}

const lostReason = 'the worker is lost: it was not heard of any more'

/** Those that were not heard of for longer than the limit. */
export async function endLost(context: Context): Promise<void> {
  const { clock, times, live: all, log } = context
  for (const live of all.values()) {
    if (clock.now() - live.heardAt <= times.heartbeatLimit) continue
    log.warn('attempt lost', { execution: live.execution, worker: live.worker, attempt: live.number })
    const { execution, number, worker } = live
    await endAttempt(context, {
      execution,
      number,
      worker,
      result: { kind: 'infrastructure', reason: lostReason },
      sandbox: '',
    })
  }
}

/** What was heard since the last time, in one statement. */
export async function writeHeartbeats(context: Context, since: number): Promise<void> {
  const heard = [...context.live.values()].filter(({ heardAt }) => heardAt >= since)
  const seen = [...context.workers.values()].filter(({ seenAt }) => seenAt >= since)
  if (heard.length === 0 && seen.length === 0) return
  await context.engine.query(
    `with seen as (
       update farm.workers w set seen_at = v.at
       from (select unnest($3::text[]) as name, unnest($4::float8[]) as at) v where w.name = v.name)
     update farm.attempts a set heard_at = v.at
     from (select unnest($1::text[]) as execution, unnest($2::float8[]) as at) v
     where a.execution = v.execution and a.ended_at is null`,
    [
      heard.map(({ execution }) => execution),
      heard.map(({ heardAt }) => heardAt),
      seen.map(({ worker }) => worker),
      seen.map(({ seenAt }) => seenAt),
    ],
  )
}
