/**
 * The connection that holds the lock of the one server, and tells whether the database is there: what is not answered on it within
 * seconds is asked of nobody. While it is gone nothing is changed, for another server may have the lock.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from 'pg'
import { PeiError, reasonOf } from '../../native/errors.ts'
import type { EngineLog } from './engine.ts'

/** Advisory lock: `peipkgfm` as a number of 64 bits. */
const LOCK = '8099000178406449773'

/** Milliseconds. */
export interface DatabaseTimes {
  /** Between two looks whether it is there. */
  readonly beat: number
  /** How long it may be silent then, and while a connection is made. */
  readonly silence: number
}

export const documentedDatabaseTimes: DatabaseTimes = { beat: 2000, silence: 5000 }

/** Between tries to take the lock again, in milliseconds. */
const RETRY = 500

/** The connection of a server that died far away takes a while to be noticed. */
const PATIENCE = 15_000

export interface Lock {
  /** Why nothing may be asked of the database now; undefined: it may. */
  trouble(): string | undefined
  release(): Promise<void>
}

interface LockRequest {
  /** A connection that is not open yet. */
  make(): Client
  /** `application_name` of every connection of this process, and of no other's. */
  readonly name: string
  readonly times: DatabaseTimes
  readonly log: EngineLog
  /** Nothing that was open before is used again. */
  gone(): void
  /** Another server has the lock. */
  lost(reason: Error): void
}

/** Throws PEI_FARM_LOCKED, PEI_FARM_DATABASE. */
export async function holdLock(request: LockRequest): Promise<Lock> {
  const { log } = request
  const end = new AbortController()
  let trouble: string | undefined
  let client = await takeLock(request)
  const live = async () => {
    while (!end.signal.aborted) {
      const reason = await failureOf(client, request.times, end.signal)
      if (end.signal.aborted) return
      const since = performance.now()
      trouble = reason
      log.warn('the database is lost: what needs it is refused until it is back', { err: reason })
      void client.end().catch(() => undefined)
      request.gone()
      client = await retake(request, end.signal)
      trouble = undefined
      log.info('the database is back', { seconds: Math.round((performance.now() - since) / 1000) })
    }
  }
  const life = live().catch((error: unknown) => {
    if (!end.signal.aborted) request.lost(error as Error)
  })
  return {
    trouble: () => trouble,
    async release() {
      end.abort()
      await life
      await client.end().catch(() => undefined)
    },
  }
}

/** Resolves when it does not answer any more, or when that is of no interest any more. */
async function failureOf(client: Client, times: DatabaseTimes, signal: AbortSignal): Promise<string> {
  let reason: string | undefined
  const broken = new AbortController()
  const note = (error?: Error) => {
    reason ??= error === undefined ? 'the connection was closed' : reasonOf(error)
    broken.abort()
  }
  client.on('error', note)
  client.on('end', note)
  const either = AbortSignal.any([signal, broken.signal])
  while (!either.aborted) {
    await sleep(times.beat, undefined, { signal: either, ref: false }).catch(() => undefined)
    if (either.aborted) break
    await client.query({ text: 'select 1', query_timeout: times.silence }).catch(note)
  }
  return reason ?? ''
}

async function retake(request: LockRequest, signal: AbortSignal): Promise<Client> {
  for (;;) {
    try {
      return await takeLock(request)
    } catch (error) {
      if (signal.aborted || (error instanceof PeiError && error.code === 'PEI_FARM_LOCKED')) throw error
      await sleep(RETRY, undefined, { signal })
    }
  }
}

async function takeLock({ make, name }: LockRequest): Promise<Client> {
  const client = make()
  client.on('error', () => undefined)
  try {
    await client.connect()
    for (const since = performance.now(); ; await sleep(200)) {
      // What this process had before the network broke may live on over there, with all its locks.
      await client.query(
        'select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1 and pid <> pg_backend_pid()',
        [name],
      )
      const { rows } = await client.query(`select pg_try_advisory_lock(${LOCK}) as taken`)
      if ((rows[0] as { taken?: boolean } | undefined)?.taken === true) return client
      if (performance.now() - since > PATIENCE) break
    }
  } catch (error) {
    await client.end().catch(() => undefined)
    throw new PeiError('PEI_FARM_DATABASE', `cannot use the database: ${reasonOf(error)}`, { cause: error })
  }
  await client.end()
  const message =
    'the database is in use by another peipkg-farm server: stop it, or give this one a database of its own'
  throw new PeiError('PEI_FARM_LOCKED', message)
}
