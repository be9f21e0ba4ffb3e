/** The writable area of one manager (§12), and the lock that keeps a second one out (§16.23). */
import { readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeDirectories } from '../config/make-directories.ts'
import { PeiError } from '../native/errors.ts'
import { lockDirectory } from '../native/producer.ts'

export interface StateDirectory {
  /** As configured: the children are given the paths below it like that. */
  readonly root: string
  /** Absolute, without symbolic links: by it what belongs to this directory is told. */
  readonly identity: string
  /** Clones, one a build, removed after it. */
  readonly sources: string
  /** Outputs of builds. */
  readonly stage: string
  /** Outputs that await publication. */
  readonly publish: string
  /** The published repository. */
  readonly repo: string
  readonly logs: string
  /** Notes of the jobs that a farm has; made with the first. */
  readonly farm: string
  /** Packages that cannot be published. */
  readonly quarantine: string
  readonly history: string
  /** Present while a build's outputs are on their way from `stage` to `publish`. */
  readonly staging: string
  /** Present while a publication is not uploaded. */
  readonly uploadPending: string
}

/** Makes the documented directories. */
export function createStateDirectory(path: string): StateDirectory {
  for (const name of ['', 'sources', 'stage', 'publish', 'repo']) {
    makeDirectories(join(path, name), 0o755)
  }
  const root = path
  return {
    root,
    identity: realpathSync(path),
    sources: join(root, 'sources'),
    stage: join(root, 'stage'),
    publish: join(root, 'publish'),
    repo: join(root, 'repo'),
    logs: join(root, 'logs'),
    farm: join(root, 'farm'),
    quarantine: join(root, 'quarantine'),
    history: join(root, 'history.jsonl'),
    staging: join(root, 'staging.json'),
    uploadPending: join(root, 'upload-pending'),
  }
}

/** Held as long as this process lives. Throws PEI_MANAGER_LOCKED: `STATE_DIR is in use by pid N`. */
export function lockStateDirectory(path: string): void {
  const owner = join(path, 'pid')
  try {
    held.push(lockDirectory(path))
  } catch (error) {
    if (!(error instanceof PeiError) || error.code !== 'PEI_REPO_BUSY') throw error
    throw new PeiError('PEI_MANAGER_LOCKED', `${path} is in use by ${ownerOf(owner)}`, { cause: error })
  }
  writeFileSync(owner, `${process.pid}\n`)
}

/** Kept from the garbage collector, which would release them. */
const held: unknown[] = []

/** Between taking the lock and writing the number a reader finds nothing, or the one before. */
function ownerOf(path: string): string {
  try {
    return `pid ${Number.parseInt(readFileSync(path, 'utf8'), 10)}`
  } catch {
    return 'another process'
  }
}
