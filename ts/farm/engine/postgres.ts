/** PostgreSQL by URL: a pool for everything, and one connection that holds the lock of the one server. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Client, Pool } from 'pg'
import { PeiError, reasonOf } from '../../native/errors.ts'
import type { Backend, EngineLog, Row } from './engine.ts'

/** Advisory lock: `peipkgfm` as a number of 64 bits. */
const LOCK = '8099000178406449773'

/** The connection of a server that died far away takes a while to be noticed. */
const PATIENCE = 15_000

/** `lost`: another server took the database over, which must end this one. */
export async function openPostgres(
  url: string,
  log: EngineLog,
  lost: (reason: Error) => void,
): Promise<Backend> {
  const pg = (await import('pg')).default
  // A database that stopped answering is found out: nothing that is asked takes so long.
  const connection = {
    connectionString: url,
    connectionTimeoutMillis: 5000,
    query_timeout: 20_000,
    keepAlive: true,
  }
  const pool = new pg.Pool({ ...connection, max: 8, application_name: 'peipkg-farm' })
  // The next query finds out by itself.
  pool.on('error', (error) => log.warn('database connection lost', { err: reasonOf(error) }))
  let lock: Lock
  try {
    lock = await holdLock(
      () => new pg.Client({ ...connection, application_name: 'peipkg-farm lock' }),
      log,
      lost,
    )
  } catch (error) {
    await pool.end()
    throw error
  }
  return backendOf(pool, lock)
}

interface Lock {
  release(): Promise<void>
}

async function holdLock(make: () => Client, log: EngineLog, lost: (reason: Error) => void): Promise<Lock> {
  let released = false
  let client = await takeLock(make)
  const follow = (current: Client) => {
    let over = false
    const again = () => {
      if (over || released) return
      over = true
      log.warn('the connection that holds the lock is gone; taking it again')
      retake().catch((error) => lost(error as Error))
    }
    current.on('error', again)
    current.on('end', again)
  }
  const retake = async () => {
    while (!released) {
      try {
        client = await takeLock(make)
        if (released) await client.end()
        else follow(client)
        return
      } catch (error) {
        if (error instanceof PeiError && error.code === 'PEI_FARM_LOCKED') throw error
        await sleep(500)
      }
    }
  }
  follow(client)
  return {
    async release() {
      released = true
      await client.end().catch(() => undefined)
    },
  }
}

async function takeLock(make: () => Client): Promise<Client> {
  const client = make()
  client.on('error', () => undefined)
  try {
    await client.connect()
    for (const since = performance.now(); ; await sleep(200)) {
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

interface Queryable {
  query(text: string, values?: unknown[]): Promise<{ rows: unknown[] }>
}

function backendOf(pool: Pool, lock: Lock): Backend {
  return {
    kind: 'postgresql',
    ...queriesOf(pool),
    async transaction(work) {
      const client = await pool.connect()
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
      await pool.end()
      await lock.release()
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
