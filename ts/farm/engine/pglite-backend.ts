/** PGlite as the engine's backend: one connection, so that a transaction keeps everything else waiting. */
import type { PGlite } from '@electric-sql/pglite'
import { reasonOf } from '../../native/errors.ts'
import type { Backend, EngineLog, Row } from './engine.ts'

/** `closed` is called once the database is closed. */
export function backendOf(database: PGlite, log: EngineLog, closed: () => Promise<void>): Backend {
  const checkpoints = keepLogShort(database, log)
  const query = async <R extends Row>(text: string, values: readonly unknown[] = []) =>
    (await database.query<R>(text, [...values])).rows
  return {
    kind: 'pglite',
    query,
    execute: async (text) => rowsOf(await database.exec(text)),
    transaction: (work) =>
      database.transaction((on) =>
        work({
          query: async <R extends Row>(text: string, values: readonly unknown[] = []) =>
            (await on.query<R>(text, [...values])).rows,
          execute: async (text) => rowsOf(await on.exec(text)),
        }),
      ),
    async close() {
      await checkpoints.stop()
      await database.close()
      await closed()
    },
  }
}

/** Between looks at how much there is of the log, in milliseconds. */
const LOOK = 10_000

/** Bytes that would be read again at a start after a kill. */
const MOST_LOG = 32 * 2 ** 20

/** By itself it makes no checkpoint until it is closed, for that is the work of another process of PostgreSQL. */
function keepLogShort(database: PGlite, log: EngineLog): { stop(): Promise<void> } {
  const look = async () => {
    try {
      const { rows } = await database.query<{ bytes: number }>(
        'select pg_wal_lsn_diff(pg_current_wal_lsn(), redo_lsn)::float8 as bytes from pg_control_checkpoint()',
      )
      if ((rows[0]?.bytes ?? 0) > MOST_LOG) await database.exec('checkpoint')
    } catch (error) {
      log.warn('no checkpoint of the database', { err: reasonOf(error) })
    }
  }
  let last: Promise<void> = Promise.resolve()
  const timer = setInterval(() => {
    last = last.then(look)
  }, LOOK)
  timer.unref()
  return {
    async stop() {
      clearInterval(timer)
      await last
    },
  }
}

const rowsOf = (results: readonly { rows: readonly unknown[] }[]): readonly Row[] =>
  results.flatMap(({ rows }) => rows as readonly Row[])
