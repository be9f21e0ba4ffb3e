/** The life of the server: its database, its HTTP, until it is told to stop. */
import type { FarmSettings } from '../../config/farm-settings.ts'
import { reasonOf } from '../../native/errors.ts'
import { startEngine } from '../engine/start.ts'
import type { FarmLog } from './context.ts'
import { openFarm } from './farm.ts'
import { openDoor } from './http/serve.ts'

export interface RunRequest {
  readonly settings: FarmSettings
  readonly log: FarmLog
  /** Ends it. */
  readonly signal: AbortSignal
  /** Called once it answers. */
  readonly listening: (address: string) => void
}

/** Resolves with the exit code. */
export async function runFarmServer({ settings, log, signal, listening }: RunRequest): Promise<number> {
  const end = new AbortController()
  const stop = () => end.abort()
  signal.addEventListener('abort', stop, { once: true })
  if (signal.aborted) stop()
  let code = 0
  const lost = (error: Error) => {
    log.error('the database cannot be used any more', { err: reasonOf(error) })
    code = 1
    stop()
  }
  log.info('opening the database', { engine: settings.database === '' ? 'embedded' : 'postgresql' })
  // Two servers on one address find out before one of them touches the database.
  const door = await openDoor(settings)
  const engine = await startEngine({
    directory: settings.directory,
    database: settings.database,
    log,
    lost,
  }).catch(async (error: unknown) => {
    await door.close()
    throw error
  })
  const farm = await openFarm({ settings, engine, log })
  door.serve(farm)
  log.info('peipkg-farm server is ready', { addr: door.address, farm: settings.id })
  listening(door.address)
  if (!end.signal.aborted)
    await new Promise((resolve) => end.signal.addEventListener('abort', resolve, { once: true }))
  log.info('stopping; what runs goes on')
  await farm.stop()
  await door.close()
  await engine.stop()
  log.info('peipkg-farm server stopped')
  return code
}
