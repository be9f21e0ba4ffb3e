/** Fetches artifacts into a directory: hashed on the way, resumed when cut, in place only when they are what they should be. */
import { createHash } from 'node:crypto'
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { makeDirectories } from '../../config/make-directories.ts'
import { PeiError, reasonOf } from '../../native/errors.ts'
import type { ArtifactView } from '../api/execution.ts'
import { paths } from '../api/paths.ts'
import { isInside } from '../worker/given-files.ts'
import { type Connection, isPassing } from './connection.ts'

const TRIES = 5
const WAIT = 500

/** Returns the path. Throws PEI_FARM_DIGEST, PEI_IO. */
export async function fetchArtifact(
  connection: Connection,
  uuid: string,
  artifact: ArtifactView,
  directory: string,
): Promise<string> {
  const path = placeOf(artifact, directory)
  const partial = `${path}.part-${process.pid}`
  try {
    makeDirectories(dirname(path))
    const file = openSync(partial, 'wx')
    try {
      await receive(connection, uuid, artifact, file)
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    renameSync(partial, path)
    return path
  } catch (error) {
    rmSync(partial, { force: true })
    if (error instanceof PeiError) throw error
    throw new PeiError('PEI_IO', `cannot write ${path}: ${reasonOf(error)}`, { cause: error })
  }
}

/** The names are a script's: none leads out of the directory. */
export function placeOf({ name }: ArtifactView, directory: string): string {
  if (isInside(name)) return join(directory, name)
  throw new PeiError('PEI_FARM_REFUSED', `the artifact ${name} has a name that leads out of the directory`)
}

async function receive(
  connection: Connection,
  uuid: string,
  { name, bytes, sha256 }: ArtifactView,
  file: number,
): Promise<void> {
  const hash = createHash('sha256')
  let have = 0
  for (let failures = 0; have < bytes; ) {
    const before = have
    try {
      const headers = have === 0 ? {} : { range: `bytes=${have}-` }
      const answer = await connection.open({ method: 'GET', path: paths.artifact(uuid, name), headers })
      // Another server in between may give all of it again.
      let skip = have > 0 && answer.statusCode !== 206 ? have : 0
      for await (const part of answer) {
        const fresh = (part as Buffer).subarray(skip)
        skip -= Math.min(skip, (part as Buffer).length)
        if (have + fresh.length > bytes) throw differs(name, `more than ${bytes} bytes come`)
        writeSync(file, fresh)
        hash.update(fresh)
        have += fresh.length
      }
    } catch (error) {
      if (!isPassing(error) && !isCut(error)) throw error
      failures = have > before ? 0 : failures + 1
      if (failures === TRIES) throw error
      await sleep(WAIT)
    }
  }
  const found = hash.digest('hex')
  if (found !== sha256) throw differs(name, `its SHA-256 is ${found}, it should be ${sha256}`)
}

/** Of the connection, in the middle of the body. */
function isCut(error: unknown): boolean {
  return ['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ERR_STREAM_PREMATURE_CLOSE'].includes(
    (error as NodeJS.ErrnoException).code ?? '',
  )
}

function differs(name: string, how: string): PeiError {
  return new PeiError('PEI_FARM_DIGEST', `artifact ${name} is not what the farm says: ${how}`)
}
