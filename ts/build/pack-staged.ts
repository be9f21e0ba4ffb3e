/** Packs a staged directory as its manifest says, without a recipe. */
import { readFileSync } from 'node:fs'
import { PeiError, reasonOf } from '../native/errors.ts'
import { type Compression, type PackedPackage, pack } from '../native/packages.ts'
import { cancellable, type OnProgress } from '../native/task.ts'

export interface PackStagedRequest {
  /** The manifest's file. */
  readonly manifest: string
  readonly staged: string
  readonly out: string
  readonly signKey: string | undefined
  readonly compression: Compression
}

export async function packStaged(
  request: PackStagedRequest,
  progress: OnProgress,
  signal: AbortSignal,
): Promise<PackedPackage> {
  const { signKey } = request
  const task = {
    manifest: readManifest(request.manifest),
    staged: request.staged,
    out: request.out,
    ...(signKey === undefined ? {} : { signKey }),
    ...request.compression,
  }
  return await cancellable(signal, (token) => pack(task, progress, token))
}

/** The bytes as text; what they mean is for the strict reader of the core. */
function readManifest(path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(readFileSync(path))
  } catch (error) {
    throw new PeiError('PEI_IO', `cannot read the manifest ${path}: ${reasonOf(error)}`, { cause: error })
  }
}
