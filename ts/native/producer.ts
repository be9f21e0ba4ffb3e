/** Producing repositories: the directory that peipkg-repo writes. */
import type {
  DirectoryLock,
  OnProgress,
  PublishReport,
  PublishRequest,
  RepositoryCheck,
  RepositoryDirectory,
} from '../../index.d.ts'
import { guard, guardAsync } from './addon.ts'
import type { CancelToken } from './task.ts'

export type { DirectoryLock, PublishReport, PublishRequest, RepositoryCheck, RepositoryDirectory }

export interface InitRequest {
  readonly out: string
  readonly name: string
  readonly description?: string
  readonly signKey: string
  readonly timestamp: string
  readonly signatureFormat: 'envelope' | 'bare'
}

/** Reads and checks the descriptor, both indexes and their signatures; throws what is wrong with them. */
export function openRepositoryDirectory(directory: string): RepositoryDirectory {
  return guard((native) => native.RepositoryDirectory.open(directory))
}

/** One writer at a time: a lock on the directory itself. Throws PEI_REPO_BUSY. */
export function lockRepositoryDirectory(directory: string): DirectoryLock {
  return guard((native) => native.RepositoryDirectory.lock(directory))
}

export function initRepository(request: InitRequest): Promise<{ fingerprint: string }> {
  return guardAsync((native) => native.initRepository(request))
}

export function publishRepository(
  request: PublishRequest,
  progress?: OnProgress,
  cancel?: CancelToken,
): Promise<PublishReport> {
  return guardAsync((native) => native.publishRepository(request, progress, cancel))
}

export function verifyRepository(
  request: { directory: string; mode: 'metadata' | 'hashes'; packagesDirectory?: string },
  progress?: OnProgress,
  cancel?: CancelToken,
): Promise<RepositoryCheck> {
  return guardAsync((native) => native.verifyRepository(request, progress, cancel))
}
