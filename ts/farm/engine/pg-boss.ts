/** The queue of the engine: pg-boss, on whichever database it is given. */
import { AsyncLocalStorage } from 'node:async_hooks'
import type { Backend, Database, Engine, EngineLog, Session, Transaction } from './engine.ts'
import { createTables } from './tables.ts'

/** Seconds. What waits is never thrown away. */
const FOREVER = 10 * 365 * 86_400

/**
 * The most that the engine allows. What runs longer is given back to its queue, where a claim finds that it runs: an attempt's end is
 * decided by its heartbeats, which the server counts.
 */
const LONGEST = 86_400

export async function createEngine(backend: Backend, log: EngineLog): Promise<Engine> {
  const { PgBoss } = await import('pg-boss')
  const session = new AsyncLocalStorage<Session>()
  // pg-boss looks its queues up on its own connection, which on PGlite is the one that the transaction holds: whatever it asks
  // during a transaction is asked within it.
  const database = {
    async executeSql(text: string, values?: unknown[]) {
      const on = session.getStore() ?? backend
      const rows = values?.length ? await on.query(text, values) : await on.execute(text)
      return { rows: [...rows] }
    },
  }
  const boss = new PgBoss({
    db: database,
    backend: backend.kind === 'pglite' ? 'pglite' : 'postgres',
    schedule: false,
    superviseIntervalSeconds: 5,
    monitorIntervalSeconds: 5,
    warningQueueSize: 1_000_000,
  })
  // That the database is gone has been said, once.
  boss.on('error', (error) => {
    if (backend.trouble() === undefined) log.warn('engine', { err: String(error.message ?? error) })
  })
  await boss.start()
  await createTables(backend)
  return {
    kind: backend.kind,
    trouble: backend.trouble,
    query: backend.query,
    transaction: (work) => backend.transaction((on) => session.run(on, () => work(transactionOf(on, boss)))),
    createQueue: (queue) =>
      boss.createQueue(queue, { expireInSeconds: LONGEST, retentionSeconds: FOREVER, retryLimit: 1_000_000 }),
    deleteQueue: (queue) => boss.deleteQueue(queue),
    async stop() {
      await boss.stop({ graceful: false, close: false }).catch(() => undefined)
      await backend.close()
    },
  }
}

/** The part of pg-boss that is used; typed here so that nothing of it is loaded with this module. */
interface Boss {
  send(queue: string, data: object, options: { id: string; priority: number }): Promise<string | null>
  fetch<T>(queue: string): Promise<readonly { readonly id: string; readonly data: T }[]>
  deleteJob(queue: string, id: string): Promise<unknown>
}

function transactionOf(on: Database, boss: Boss): Transaction {
  return {
    query: on.query,
    async enqueue(queue, execution, priority) {
      await boss.send(queue, { execution }, { id: execution, priority })
    },
    async fetch(queue) {
      const [job] = await boss.fetch<unknown>(queue)
      return job?.id
    },
    async remove(queue, execution) {
      await boss.deleteJob(queue, execution)
    },
  }
}
