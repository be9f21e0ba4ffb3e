/** What a job leaves: found, hashed, uploaded, each again where the last try stopped. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { lstat, opendir } from 'node:fs/promises'
import { join } from 'node:path'
import { PeiError, reasonOf } from '../../native/errors.ts'
import type { AttemptLimits } from '../api/attempt.ts'
import { FarmRefusal, isFenced } from '../client/refusal.ts'
import type { Artifact, AttemptLink } from './link.ts'
import { pause } from './pause.ts'

/** More than that is a mistake of the script. */
const MOST_FILES = 10_000

export interface Collected {
  readonly artifacts: readonly Artifact[]
  /** For people: what was left out, and why. */
  readonly notes: readonly string[]
}

/**
 * Regular files below `directory`, in order of their names. `given`: name → SHA-256 of what was there before, left out where it is
 * unchanged. Throws PEI_LIMIT when it is more than `limits` allow.
 */
export async function collect(
  directory: string,
  given: ReadonlyMap<string, string>,
  limits: Pick<AttemptLimits, 'artifact_bytes' | 'output_bytes'>,
): Promise<Collected> {
  const notes: string[] = []
  const found = await filesBelow(directory, '', notes)
  checkLimits(found, limits)
  const artifacts: Artifact[] = []
  for (const file of found.sort((left, right) => (left.name < right.name ? -1 : 1))) {
    const sha256 = await hashFile(file.path)
    if (given.get(file.name) !== sha256) artifacts.push({ ...file, sha256 })
  }
  return { artifacts, notes }
}

interface FoundFile {
  readonly name: string
  readonly path: string
  readonly bytes: number
}

async function filesBelow(directory: string, prefix: string, notes: string[]): Promise<FoundFile[]> {
  const found: FoundFile[] = []
  for await (const entry of await opendir(directory)) {
    const name = prefix + entry.name
    const path = join(directory, entry.name)
    if (entry.isDirectory()) found.push(...(await filesBelow(path, `${name}/`, notes)))
    else if (entry.isFile()) found.push({ name, path, bytes: (await lstat(path)).size })
    else notes.push(`${name} is no regular file, and is left out`)
    if (found.length > MOST_FILES) {
      throw new PeiError('PEI_LIMIT', `the job left more than ${MOST_FILES} files (pack them into one)`)
    }
  }
  return found
}

function checkLimits(
  found: readonly FoundFile[],
  { artifact_bytes: each, output_bytes: all }: Pick<AttemptLimits, 'artifact_bytes' | 'output_bytes'>,
): void {
  const large = found.find(({ bytes }) => bytes > each)
  if (large !== undefined) {
    const text = `artifact ${large.name} has ${large.bytes} bytes, ${each} are allowed`
    throw new PeiError('PEI_LIMIT', text)
  }
  const total = found.reduce((sum, { bytes }) => sum + bytes, 0)
  if (total > all)
    throw new PeiError('PEI_LIMIT', `the artifacts have ${total} bytes together, ${all} are allowed`)
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const part of createReadStream(path, { highWaterMark: 2 ** 18 })) hash.update(part as Buffer)
  return hash.digest('hex')
}

const TRIES = 3

/** Between the tries, and before an unreachable server is asked again, in milliseconds. */
const WAIT = 1000

/**
 * Throws PEI_FARM_REFUSED after three refusals; a refusal that nothing can change at once. A server that cannot be reached counts
 * for none: how long that may last is the attempt's to say, by its signal.
 */
export async function uploadArtifact(
  link: AttemptLink,
  artifact: Artifact,
  signal: AbortSignal,
  waitMs = WAIT,
): Promise<void> {
  for (let refused = 0; ; ) {
    try {
      const offset = Math.min(await link.uploaded(artifact.name), artifact.bytes)
      const { complete } = await link.upload(artifact, offset)
      if (complete) return
    } catch (error) {
      signal.throwIfAborted()
      if (isFenced(error)) throw error
      if (error instanceof FarmRefusal && isFinal(error)) throw failed(artifact, error)
      if (error instanceof FarmRefusal && ++refused === TRIES) throw failed(artifact, error)
    }
    await pause(waitMs, signal)
  }
}

/** Sent again it would be refused again. */
function isFinal({ status }: FarmRefusal): boolean {
  return [400, 401, 403, 413].includes(status)
}

function failed({ name }: Artifact, error: unknown): PeiError {
  return new PeiError('PEI_FARM_REFUSED', `artifact ${name} cannot be uploaded: ${reasonOf(error)}`, {
    cause: error,
  })
}
