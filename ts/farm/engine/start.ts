/** The engine that the configuration asks for. */

import type { Engine, EngineLog } from './engine.ts'
import { createEngine } from './pg-boss.ts'

export interface EngineRequest {
  /** The state directory; the embedded database lies in it. */
  readonly directory: string
  /** `postgres://…`; empty: the embedded one. */
  readonly database: string
  readonly log: EngineLog
  /** The database was taken over by another server. */
  readonly lost: (reason: Error) => void
}

/** Throws PEI_FARM_LOCKED, PEI_FARM_DATABASE. */
export async function startEngine({ directory, database, log, lost }: EngineRequest): Promise<Engine> {
  const backend =
    database === ''
      ? await (await import('./pglite.ts')).openPglite(directory, log)
      : await (await import('./postgres.ts')).openPostgres(database, log, lost)
  try {
    return await createEngine(backend, log)
  } catch (error) {
    await backend.close().catch(() => undefined)
    throw error
  }
}
