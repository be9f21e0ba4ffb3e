/** PGlite as the engine's backend: one connection, so that a transaction keeps everything else waiting. */
import type { PGlite } from '@electric-sql/pglite'
import type { Backend, Row } from './engine.ts'

/** `closed` is called once the database is closed. */
export function backendOf(database: PGlite, closed: () => Promise<void>): Backend {
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
      await database.close()
      await closed()
    },
  }
}

const rowsOf = (results: readonly { rows: readonly unknown[] }[]): readonly Row[] =>
  results.flatMap(({ rows }) => rows as readonly Row[])
