/** The embedded database: one directory, one process (file 10, Engine facts). */
import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { PGlite } from '@electric-sql/pglite'
import { makeDirectories } from '../../config/make-directories.ts'
import { PeiError, reasonOf } from '../../native/errors.ts'
import { lockDirectory } from '../../native/producer.ts'
import type { Backend, EngineLog } from './engine.ts'
import { backendOf } from './pglite-backend.ts'
import { unpackPrepared } from './prepared.ts'
import { syncAll, syncTree } from './sync.ts'

/** Opens `<directory>/db`, made when it is not there yet. Throws PEI_FARM_LOCKED, PEI_FARM_DATABASE. */
export async function openPglite(
  directory: string,
  log: EngineLog,
  failed: (reason: Error) => void,
): Promise<Backend> {
  makeDirectories(directory, 0o700)
  const lock = takeLock(directory)
  try {
    const data = join(directory, 'db')
    removeHalfMade(directory)
    const whole = existsSync(data) ? data : await makeData(directory, log)
    if (whole !== data) {
      // Nothing but a whole data directory ever has the final name; initdb must have ended before.
      await (await openDatabase(whole)).close()
      await syncTree(whole)
      renameSync(whole, data)
    }
    await syncAll([directory])
    return backendOf(await openDatabase(data), log, { failed, closed: async () => lock.release() })
  } catch (error) {
    lock.release()
    throw error
  }
}

/** The kernel's lock on the directory itself: it goes with its holder and with nothing else, so there is nothing to steal. */
function takeLock(directory: string): { release(): void } {
  try {
    return lockDirectory(directory)
  } catch (error) {
    if (!(error instanceof PeiError) || error.code !== 'PEI_REPO_BUSY') throw error
    const message = `${directory} is in use by another peipkg-farm server: stop it, or choose another --dir`
    throw new PeiError('PEI_FARM_LOCKED', message, { cause: error })
  }
}

/** A commit is on the disk before it is answered. */
async function openDatabase(directory: string): Promise<PGlite> {
  const { PGlite } = await import('@electric-sql/pglite')
  const { DurableFiles, durableParameters } = await import('./durable-files.ts')
  // `-F` is what turns fsync off.
  const usual = PGlite.defaultStartParams.filter((parameter) => parameter !== '-F')
  const startParams = [...usual, ...durableParameters, ...memory]
  try {
    return await PGlite.create({ fs: new DurableFiles(directory), startParams })
  } catch (error) {
    const message = `cannot open the embedded database ${directory}: ${reasonOf(error)}: see that its disk has room`
    throw new PeiError('PEI_FARM_DATABASE', message, { cause: error })
  }
}

/** What it reads again lies in the page cache anyway; by default its own cache grows to 128 MB in a farm that works long. */
const memory = ['-c', 'shared_buffers=16MB', '-c', 'wal_buffers=1MB']

const TEMPORARY = 'db.making'

function removeHalfMade(directory: string): void {
  for (const name of readdirSync(directory)) {
    if (name.startsWith(TEMPORARY)) rmSync(join(directory, name), { recursive: true, force: true })
  }
}

/** Of the prepared archive, put in place as a whole; without it an empty one, which the database fills at its first start. */
async function makeData(directory: string, log: EngineLog): Promise<string> {
  const temporary = join(directory, TEMPORARY)
  if (await unpackPrepared(temporary)) {
    renameSync(temporary, join(directory, 'db'))
    return join(directory, 'db')
  }
  log.info('making the database from nothing; this takes some seconds and happens once')
  return temporary
}
