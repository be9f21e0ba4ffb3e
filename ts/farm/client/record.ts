/**
 * A record of an execution in one file, which needs no server to be read: a line that names the format, a line of JSON with what
 * is known and what follows, then the bytes of the log and of each artifact, one after the other.
 */
import { createHash, type Hash } from 'node:crypto'
import { closeSync, createReadStream, fstatSync, openSync, readSync } from 'node:fs'
import { PeiError, reasonOf } from '../../native/errors.ts'
import type { ArtifactView, ExecutionRecord } from '../api/execution.ts'

export const recordFormat = 'peipkg-farm-record 1\n'

export interface RecordHeader {
  readonly record: ExecutionRecord
  readonly log: { readonly bytes: number; readonly sha256: string }
  readonly artifacts: readonly ArtifactView[]
}

/** Where something lies in the file. */
export interface Part {
  readonly bytes: number
  readonly sha256: string
  readonly offset: number
}

export interface OpenedRecord extends RecordHeader {
  readonly path: string
  readonly logPart: Part
  readonly artifactParts: readonly (ArtifactView & Part)[]
}

/** Of the header, in bytes. */
const MOST = 64 * 2 ** 20

/** Reads the header. Throws PEI_FARM_RECORD when it is none, or does not fit the file. */
export function openRecord(path: string): OpenedRecord {
  const file = openSync(path, 'r')
  try {
    const size = fstatSync(file).size
    const start = read(file, 0, recordFormat.length)
    if (start.toString('latin1') !== recordFormat) throw noRecord(path, 'it does not begin as one')
    const head = read(file, recordFormat.length, Math.min(size, MOST) - recordFormat.length)
    const end = head.indexOf('\n')
    if (end < 0) throw noRecord(path, 'its header has no end')
    const header = parse(path, head.subarray(0, end).toString())
    let offset = recordFormat.length + end + 1
    const place = <T extends { readonly bytes: number }>(part: T): T & { readonly offset: number } => {
      const placed = { ...part, offset }
      offset += part.bytes
      return placed
    }
    const logPart = place(header.log)
    const artifactParts = header.artifacts.map(place)
    if (offset !== size) throw noRecord(path, `it should have ${offset} bytes and has ${size}`)
    return { ...header, path, logPart, artifactParts }
  } finally {
    closeSync(file)
  }
}

/** Its bytes, checked by the end: whoever uses them before that throws them away when this throws PEI_FARM_RECORD. */
export async function* readPart(
  { path }: OpenedRecord,
  { offset, bytes, sha256 }: Part,
): AsyncGenerator<Buffer> {
  const hash: Hash = createHash('sha256')
  if (bytes > 0) {
    for await (const part of createReadStream(path, { start: offset, end: offset + bytes - 1 })) {
      hash.update(part as Buffer)
      yield part as Buffer
    }
  }
  if (hash.digest('hex') !== sha256) throw noRecord(path, 'its bytes were changed')
}

function read(file: number, position: number, length: number): Buffer {
  const bytes = Buffer.alloc(Math.max(0, length))
  return bytes.subarray(0, readSync(file, bytes, 0, bytes.length, position))
}

function parse(path: string, text: string): RecordHeader {
  let found: unknown
  try {
    found = JSON.parse(text)
  } catch (error) {
    throw noRecord(path, reasonOf(error))
  }
  if (!isHeader(found)) throw noRecord(path, 'its header is not what one holds')
  return found
}

/** As far as it is used without looking again. */
function isHeader(found: unknown): found is RecordHeader {
  const { record, log, artifacts } = (found ?? {}) as Partial<RecordHeader>
  const isPart = (part: Partial<ArtifactView> | undefined) =>
    Number.isSafeInteger(part?.bytes) && Number(part?.bytes) >= 0 && typeof part?.sha256 === 'string'
  return (
    isPart(log) &&
    Array.isArray(artifacts) &&
    artifacts.every((part) => isPart(part) && typeof part.name === 'string') &&
    record?.record === 1 &&
    typeof record.execution?.execution === 'string' &&
    typeof record.execution.job === 'string' &&
    typeof record.execution.result_text === 'string' &&
    typeof record.specification?.kind === 'string' &&
    Array.isArray(record.execution.attempts)
  )
}

function noRecord(path: string, why: string): PeiError {
  return new PeiError('PEI_FARM_RECORD', `${path} is no whole record of an execution: ${why}`)
}
