/** Writes a record: everything is fetched and checked before the file has its name. */
import { createHash } from 'node:crypto'
import {
  closeSync,
  createReadStream,
  fsyncSync,
  mkdtempSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { PeiError, reasonOf } from '../../native/errors.ts'
import type { ExecutionRecord } from '../api/execution.ts'
import { paths } from '../api/paths.ts'
import type { Connection } from './connection.ts'
import { fetchArtifact } from './fetch-artifact.ts'
import { type RecordHeader, recordFormat } from './record.ts'

/** The temporary files lie beside the record: they may be large. */
export async function exportRecord(connection: Connection, uuid: string, path: string): Promise<void> {
  const record = await connection.ask<ExecutionRecord>({ method: 'GET', path: paths.record(uuid) })
  let scratch: string | undefined
  try {
    scratch = mkdtempSync(join(dirname(resolve(path)), '.peipkg-farm-export-'))
    const log = await fetchLog(connection, uuid, join(scratch, 'log'))
    const { artifacts } = record.execution
    const fetched: string[] = []
    const files = join(scratch, 'artifacts')
    for (const artifact of artifacts) fetched.push(await fetchArtifact(connection, uuid, artifact, files))
    const partial = join(scratch, 'record')
    await write(partial, { record, log, artifacts }, [join(scratch, 'log'), ...fetched])
    renameSync(partial, path)
  } catch (error) {
    if (error instanceof PeiError) throw error
    throw new PeiError('PEI_IO', `cannot write ${path}: ${reasonOf(error)}`, { cause: error })
  } finally {
    if (scratch !== undefined) rmSync(scratch, { recursive: true, force: true })
  }
}

async function fetchLog(connection: Connection, uuid: string, path: string): Promise<RecordHeader['log']> {
  const hash = createHash('sha256')
  const file = openSync(path, 'wx')
  try {
    for await (const part of await connection.open({ method: 'GET', path: paths.log(uuid) })) {
      hash.update(part as Buffer)
      writeSync(file, part as Buffer)
    }
    return { bytes: statSync(path).size, sha256: hash.digest('hex') }
  } finally {
    closeSync(file)
  }
}

async function write(path: string, header: RecordHeader, parts: readonly string[]): Promise<void> {
  const file = openSync(path, 'wx', 0o644)
  try {
    writeSync(file, `${recordFormat}${JSON.stringify(header)}\n`)
    for (const part of parts) {
      for await (const bytes of createReadStream(part)) writeSync(file, bytes as Buffer)
    }
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}
