/** Producing repositories: the directory that peipkg-repo writes. */
import type { OnProgress, PublishReport, RepositoryCheck, RepositoryDirectory } from '../../index.d.ts'
import { guard, guardAsync } from './addon.ts'
import type { CancelToken } from './task.ts'

export type { PublishReport, RepositoryCheck }

export interface InitRequest {
  readonly out: string
  readonly name: string
  readonly description?: string
  readonly signKey: string
  readonly timestamp: string
  readonly signatureFormat: 'envelope' | 'bare'
}

export function initRepository(request: InitRequest): Promise<{ fingerprint: string }> {
  return guardAsync((native) => native.initRepository(request))
}

/** Reads and checks a repository's documents and signatures. */
export function openRepositoryDirectory(directory: string): RepositoryDirectory {
  return guard((native) => native.RepositoryDirectory.open(directory))
}

export function verifyRepository(
  request: { directory: string; mode: 'metadata' | 'hashes'; packagesDirectory?: string },
  progress?: OnProgress,
  cancel?: CancelToken,
): Promise<RepositoryCheck> {
  return guardAsync((native) => native.verifyRepository(request, progress, cancel))
}

/** An exclusive lock on a directory itself, until it is released or the process ends. Throws PEI_REPO_BUSY. */
export function lockDirectory(directory: string): { release(): void } {
  return guard((native) => native.RepositoryDirectory.lock(directory))
}
