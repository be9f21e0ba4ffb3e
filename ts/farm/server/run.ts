/** The life of the server: its database, its HTTP, until it is told to stop. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { FarmSettings } from '../../config/farm-settings.ts'
import { PeiError, reasonOf } from '../../native/errors.ts'
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

/** Resolves with the exit code. Throws PEI_CONFIG_INVALID. */
export async function runFarmServer({ settings, log, signal, listening }: RunRequest): Promise<number> {
  checkPublishing(settings)
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
  // Two servers on one address find out before one of them touches the database.
  const door = await openDoor(settings)
  log.info('opening the database', { engine: settings.database === '' ? 'embedded' : 'postgresql' })
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

/** What could not be published is said at the start, not after the first build: a repository needs a name, which only its owner knows. */
function checkPublishing({ publish: { repository, signKey } }: FarmSettings): void {
  if (repository === '') return
  if (!existsSync(join(repository, 'repo.json'))) {
    const now = new Date().toISOString().replace(/\.\d+Z$/, 'Z')
    const init = `peipkg-repo init --name NAME --sign-key ${signKey} --timestamp ${now} --out ${repository}`
    throw new PeiError(
      'PEI_CONFIG_INVALID',
      `[publish] repo ${repository} is no repository: make it with ${init}`,
    )
  }
  if (!existsSync(signKey))
    throw new PeiError('PEI_CONFIG_INVALID', `[publish] sign_key ${signKey} is not there`)
}
