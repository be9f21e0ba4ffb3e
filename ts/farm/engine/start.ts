/** The engine that the configuration asks for. */

import type { Engine, EngineLog } from './engine.ts'
import { createEngine } from './pg-boss.ts'
import type { DatabaseTimes } from './postgres-lock.ts'

export interface EngineRequest {
  /** The state directory; the embedded database lies in it. */
  readonly directory: string
  /** `postgres://…`; empty: the embedded one. */
  readonly database: string
  readonly log: EngineLog
  /** The database was taken over by another server, or is broken for good. */
  readonly lost: (reason: Error) => void
  /** Of PostgreSQL; default: the documented ones. */
  readonly times?: DatabaseTimes
}

/** Throws PEI_FARM_LOCKED, PEI_FARM_DATABASE. */
export async function startEngine({ directory, database, log, lost, times }: EngineRequest): Promise<Engine> {
  const backend =
    database === ''
      ? await (await import('./pglite.ts')).openPglite(directory, log, lost)
      : await (await import('./postgres.ts')).openPostgres(database, log, lost, times)
  try {
    return await createEngine(backend, log)
  } catch (error) {
    await backend.close().catch(() => undefined)
    throw error
  }
}
