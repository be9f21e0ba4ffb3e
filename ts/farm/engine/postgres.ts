/** PostgreSQL by URL: a pool for everything, and one connection that holds the lock of the one server. */
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Client, Pool } from 'pg'
import { PeiError, reasonOf } from '../../native/errors.ts'
import type { Backend, EngineLog, Row } from './engine.ts'
import { type DatabaseTimes, documentedDatabaseTimes, holdLock, type Lock } from './postgres-lock.ts'

/**
 * Milliseconds. A database that stopped answering is found out: nothing that is asked takes so long. It gives up by itself a little
 * sooner, so that nothing of what was given up here keeps others waiting over there.
 */
const limits = {
  query_timeout: 20_000,
  statement_timeout: 15_000,
  idle_in_transaction_session_timeout: 15_000,
} as const

/** Milliseconds. */
const GOODBYE = 3000

/** `lost`: another server took the database over, which must end this one. */
export async function openPostgres(
  url: string,
  log: EngineLog,
  lost: (reason: Error) => void,
  times: DatabaseTimes = documentedDatabaseTimes,
): Promise<Backend> {
  const pg = (await import('pg')).default
  const name = `peipkg-farm ${randomUUID()}`
  const connection = {
    ...limits,
    ...{
      connectionString: url,
      connectionTimeoutMillis: times.silence,
      keepAlive: true,
      application_name: name,
    },
  }
  const connections = keepConnections(() => new pg.Pool({ ...connection, max: 8 }), log)
  try {
    const make = () => new pg.Client(connection)
    const lock = await holdLock({ make, name, times, log, lost, gone: connections.renew })
    return backendOf(connections, lock)
  } catch (error) {
    await connections.end()
    throw error
  }
}

interface Connections {
  pool(): Pool
  /** Whatever is under way fails now, and nothing that was open is used again. */
  renew(): void
  end(): Promise<void>
}

function keepConnections(make: () => Pool, log: EngineLog): Connections {
  const busy = new Set<Client>()
  const watched = () => {
    const made = make()
    // The next query finds out by itself.
    made.on('error', (error) => log.warn('database connection lost', { err: reasonOf(error) }))
    // What was only just being opened when all was renewed came too late.
    made.on('acquire', (client) => {
      if (made === pool) busy.add(client)
      else client.end().catch(() => undefined)
    })
    made.on('release', (_failure, client) => busy.delete(client))
    return made
  }
  let pool: Pool = watched()
  return {
    pool: () => pool,
    renew() {
      const old = pool
      pool = watched()
      for (const client of busy) client.end().catch(() => undefined)
      busy.clear()
      old.end().catch(() => undefined)
    },
    end: () => pool.end(),
  }
}

interface Queryable {
  query(text: string, values?: unknown[]): Promise<{ rows: unknown[] }>
}

function backendOf(connections: Connections, lock: Lock): Backend {
  const pool = (): Pool => {
    const trouble = lock.trouble()
    if (trouble === undefined) return connections.pool()
    throw new PeiError('PEI_FARM_DATABASE', `the database is lost: ${trouble}`)
  }
  return {
    kind: 'postgresql',
    trouble: lock.trouble,
    ...queriesOf({ query: async (text, values) => await pool().query(text, values) }),
    async transaction(work) {
      const client = await pool().connect()
      let failure: Error | undefined
      try {
        await client.query('begin')
        const result = await work(queriesOf(client))
        await client.query('commit')
        return result
      } catch (error) {
        failure = await client.query('rollback').then(
          () => undefined,
          () => error as Error,
        )
        throw error
      } finally {
        // A connection that could not even be rolled back is not used again.
        client.release(failure)
      }
    },
    async close() {
      const ended = (async () => {
        await lock.release()
        await connections.end()
      })()
      // Of a database that says nothing no goodbye can be waited for.
      await Promise.race([ended, sleep(GOODBYE)])
    },
  }
}

function queriesOf(on: Queryable) {
  return {
    query: async <R extends Row>(text: string, values: readonly unknown[] = []) =>
      (await on.query(text, [...values])).rows as readonly R[],
    // Several statements have several results.
    execute: async (text: string) => {
      const result = await on.query(text)
      return [result].flat().flatMap(({ rows }) => rows) as readonly Row[]
    },
  }
}
