/** Takes the artifacts out of a record: each in place only when its SHA-256 is right. */
import { closeSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { makeDirectories } from '../../config/make-directories.ts'
import { PeiError, reasonOf } from '../../native/errors.ts'
import { placeOf } from './fetch-artifact.ts'
import { type OpenedRecord, readPart } from './record.ts'

/** Returns their paths. Throws PEI_FARM_RECORD, PEI_IO. */
export async function writeArtifacts(record: OpenedRecord, directory: string): Promise<readonly string[]> {
  const written: string[] = []
  for (const part of record.artifactParts) {
    const path = placeOf(part, directory)
    const partial = `${path}.part-${process.pid}`
    try {
      makeDirectories(dirname(path))
      const file = openSync(partial, 'wx')
      try {
        for await (const bytes of readPart(record, part)) writeSync(file, bytes)
      } finally {
        closeSync(file)
      }
      renameSync(partial, path)
      written.push(path)
    } catch (error) {
      rmSync(partial, { force: true })
      if (error instanceof PeiError) throw error
      throw new PeiError('PEI_IO', `cannot write ${path}: ${reasonOf(error)}`, { cause: error })
    }
  }
  return written
}
