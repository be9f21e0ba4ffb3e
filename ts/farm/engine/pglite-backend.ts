/** PGlite as the engine's backend: one connection, so that a transaction keeps everything else waiting. */
import type { PGlite } from '@electric-sql/pglite'
import { PeiError, reasonOf } from '../../native/errors.ts'
import type { Backend, EngineLog, Row, Session } from './engine.ts'

export interface Ends {
  /** It answers nothing any more, and never will: only a start makes it whole. */
  failed(reason: Error): void
  /** Called once the database is closed. */
  closed(): Promise<void>
}

export function backendOf(database: PGlite, log: EngineLog, ends: Ends): Backend {
  let trouble: string | undefined
  const watched = async <T>(answer: Promise<T>): Promise<T> => {
    try {
      return await answer
    } catch (error) {
      if (trouble === undefined && isEnd(error)) {
        trouble = reasonOf(error)
        const message = `the embedded database has failed: ${trouble}: see that its disk has room, and start again`
        ends.failed(new PeiError('PEI_FARM_DATABASE', message, { cause: error }))
      }
      throw error
    }
  }
  const sessionOf = (on: Pick<PGlite, 'query' | 'exec'>): Session => ({
    query: async <R extends Row>(text: string, values: readonly unknown[] = []) =>
      (await watched(on.query<R>(text, [...values]))).rows,
    execute: async (text) => rowsOf(await watched(on.exec(text))),
  })
  const own = sessionOf(database)
  const checkpoints = keepLogShort(own, log)
  return {
    kind: 'pglite',
    trouble: () => trouble,
    ...own,
    transaction: (work) =>
      database.transaction((on) => work(sessionOf(on as Pick<PGlite, 'query' | 'exec'>))),
    async close() {
      await checkpoints.stop()
      // What has failed can only be waited for in vain.
      if (trouble === undefined) await database.close()
      await ends.closed()
    },
  }
}

/** PostgreSQL panics when its log cannot be written or synced; here nobody starts it again. */
function isEnd(error: unknown): boolean {
  const { severity, name } = error as { readonly severity?: unknown; readonly name?: unknown }
  return severity === 'PANIC' || severity === 'FATAL' || name === 'RuntimeError' || name === 'ExitStatus'
}

/** Between looks at how much there is of the log, in milliseconds. */
const LOOK = 10_000

/** Bytes that would be read again at a start after a kill. */
const MOST_LOG = 32 * 2 ** 20

/** By itself it makes no checkpoint until it is closed, for that is the work of another process of PostgreSQL. */
function keepLogShort(database: Session, log: EngineLog): { stop(): Promise<void> } {
  const look = async () => {
    try {
      const [row] = await database.query<{ bytes: number }>(
        'select pg_wal_lsn_diff(pg_current_wal_lsn(), redo_lsn)::float8 as bytes from pg_control_checkpoint()',
      )
      if ((row?.bytes ?? 0) > MOST_LOG) await database.execute('checkpoint')
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
