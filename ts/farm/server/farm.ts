/** The server without its HTTP: opened from its directory and its database, then looked after each second. */
import { closeSync, existsSync, fsyncSync, openSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { FarmSettings } from '../../config/farm-settings.ts'
import { makeDirectories } from '../../config/make-directories.ts'
import { reasonOf } from '../../native/errors.ts'
import type { Result } from '../api/result.ts'
import type { Engine } from '../engine/engine.ts'
import { endLost, liveOf, writeHeartbeats } from './attempts.ts'
import { createChanges } from './changes.ts'
import { type Claims, createClaims } from './claims.ts'
import {
  type Clock,
  type Context,
  type Counts,
  documentedTimes,
  type FarmLog,
  type Times,
  type Worker,
} from './context.ts'
import { createLogs } from './logs.ts'
import { checkPublication, publishAll } from './publish.ts'
import { createQueueIndex } from './queue-index.ts'
import { createReceiver } from './receive.ts'
import { sweep } from './retention.ts'
import type { AttemptRow, ExecutionRow } from './rows.ts'
import { runDue } from './scheduler.ts'
import { createStore } from './store.ts'
import { createTokens } from './tokens.ts'
import { uploadDue } from './upload.ts'

export interface FarmRequest {
  readonly settings: FarmSettings
  readonly engine: Engine
  readonly log: FarmLog
  readonly clock?: Clock
  readonly times?: Times
}

export interface Farm {
  readonly context: Context
  readonly claims: Claims
  /** Looks at what is due; by itself each second. */
  tick(): Promise<void>
  stop(): Promise<void>
}

export async function openFarm(request: FarmRequest): Promise<Farm> {
  const { settings, engine, log, clock = { now: () => Date.now() }, times = documentedTimes } = request
  const below = (name: string) => join(settings.directory, name)
  for (const name of ['', 'incoming', 'store', 'logs']) makeDirectories(below(name), 0o700)
  const store = createStore(below('store'))
  let settled = () => {}
  const context: Context = {
    ...{ settings, engine, log, clock, times, store },
    receiver: createReceiver(below('incoming'), store, settings.limits.minFree),
    logs: createLogs(below('logs')),
    tokens: await createTokens(engine),
    queues: createQueueIndex(),
    live: new Map(),
    workers: new Map(),
    dropped: new Set(),
    problems: new Map(),
    madeQueues: new Set(),
    requeuedAt: new Map(),
    publishing: new Set(),
    counts: createCounts(),
    startedAt: clock.now(),
    changes: createChanges(engine, () => settled()),
  }
  await reload(context)
  await writeAdminToken(context)
  const claims = createClaims(context)
  settled = () => claims.pump()
  return lookAfter(context, claims)
}

/** Between looks at what is kept, in milliseconds. */
const SWEEP = 3_600_000

function lookAfter(context: Context, claims: Claims): Farm {
  const { times, clock, log, problems } = context
  const end = new AbortController()
  let flushed = clock.now()
  let swept = clock.now()
  const part = async (name: string, work: () => Promise<void>) => {
    try {
      await work()
      problems.delete(name)
    } catch (error) {
      const problem = `${name}: ${reasonOf(error)}`
      // Each second anew it would fill the log; that the database is lost has been said.
      if (problems.get(name) !== problem && context.engine.trouble() === undefined)
        log.warn(`${name} failed`, { err: reasonOf(error) })
      problems.set(name, problem)
    }
  }
  // What takes long keeps nothing else waiting, and never runs twice at once.
  const underWay = new Map<string, Promise<void>>()
  const beside = (name: string, work: () => Promise<void>) => {
    if (underWay.has(name)) return
    underWay.set(
      name,
      part(name, work).finally(() => underWay.delete(name)),
    )
  }
  const tick = async () => {
    if (context.changes.doubted) await part('reading the tables again', () => reload(context))
    await part('ending lost attempts', () => endLost(context))
    await part('running what is due', () => runDue(context))
    if (clock.now() - flushed >= times.heartbeatFlush) {
      const since = flushed
      flushed = clock.now()
      await part('writing heartbeats', () => writeHeartbeats(context, since))
    }
    if (clock.now() - swept >= SWEEP) {
      swept = clock.now()
      beside('keeping order', () => sweep(context))
    }
    beside('uploading', () => uploadDue(context, end.signal))
    beside('publication', () => checkPublication(context.settings.publish))
    beside('publishing', () => publishAll(context))
    claims.pump()
  }
  let stopped = false
  let timer: NodeJS.Timeout | undefined
  let last: Promise<void> = Promise.resolve()
  const loop = () => {
    timer = setTimeout(() => {
      last = tick().finally(() => {
        if (!stopped) loop()
      })
    }, times.tick)
  }
  loop()
  return {
    context,
    claims,
    tick,
    async stop() {
      stopped = true
      end.abort()
      clearTimeout(timer)
      claims.close()
      await last
      await Promise.all(underWay.values())
    },
  }
}

/** What the tables say, into memory. Nobody is declared lost before one full limit has passed from now. */
async function reload(context: Context): Promise<void> {
  const { clock, queues, live, workers, dropped, changes, publishing } = context
  changes.trusted()
  await changes.run(async ({ tx, after }) => {
    const open = await tx.query<ExecutionRow>(
      `select id, queue, needs, state, platform, priority, created_at, cancelled from farm.executions where state <> 'ended'`,
    )
    const attempts = await tx.query<AttemptRow>('select * from farm.attempts where ended_at is null')
    const known = await tx.query<
      { name: string } & Omit<Worker, 'worker' | 'instance' | 'seenAt'> & { seen_at: number } & Record<
          string,
          unknown
        >
    >('select * from farm.workers')
    const gone = await tx.query<{ platform: string }>('select platform from farm.dropped_platforms')
    after(() => {
      queues.clear()
      for (const row of open) {
        if (row.state === 'publishing') publishing.add(row.id)
        if (row.state !== 'queued') continue
        queues.add(row.queue, row.needs, {
          execution: row.id,
          priority: row.priority,
          createdAt: row.created_at,
        })
      }
      const rows = new Map(open.map((row) => [row.id, row]))
      const running = new Set<string>()
      for (const attempt of attempts) {
        const row = rows.get(attempt.execution)
        if (row?.state !== 'running') continue
        running.add(attempt.execution)
        if (live.get(attempt.execution)?.tokenHash === attempt.token_hash) continue
        live.set(attempt.execution, liveOf(attempt, row, clock.now()))
      }
      for (const execution of live.keys()) if (!running.has(execution)) live.delete(execution)
      for (const {
        name,
        platforms,
        architecture,
        labels,
        sandboxes,
        capabilities,
        drain,
        stopped,
        seen_at,
      } of known) {
        if (workers.has(name)) continue
        workers.set(name, {
          worker: name,
          platforms,
          architecture,
          labels,
          sandboxes,
          capabilities,
          instance: '',
          drain,
          stopped,
          seenAt: seen_at,
        })
      }
      dropped.clear()
      for (const { platform } of gone) dropped.add(platform)
    })
  })
}

/** Once, for whoever set the farm up. */
async function writeAdminToken({ settings, tokens, clock, log }: Context): Promise<void> {
  const path = join(settings.directory, 'admin.token')
  if (existsSync(path)) return
  // The file was lost, or a server was killed between the two steps: nobody knows that token.
  if (tokens.list().some(({ name }) => name === 'admin')) await tokens.revoke('admin')
  const token = await tokens.create('admin', 'admin', clock.now())
  const temporary = `${path}.making`
  writeFileSync(temporary, `${token}\n`, { mode: 0o600 })
  const file = openSync(temporary, 'r')
  fsyncSync(file)
  closeSync(file)
  renameSync(temporary, path)
  log.info('the token of the administrator was written', { file: path })
}

function createCounts(): Counts {
  const counts = new Map<string, number>()
  return {
    add: ({ kind }: Result) => void counts.set(kind, (counts.get(kind) ?? 0) + 1),
    read: () => counts,
  }
}
