/** Producing and inspecting package files. */
import type {
  InspectOptions,
  OnProgress,
  PackageInspection,
  PackedPackage,
  PackRequest,
  StagedEntry,
} from '../../index.d.ts'
import { guard, guardAsync } from './addon.ts'
import type { CancelToken } from './task.ts'

export type { InspectOptions, PackageInspection, PackedPackage, PackRequest, StagedEntry }

/** Everything below `directory`, by path bytes, paths without a slash at either end. */
export function scanStaged(directory: string): Promise<StagedEntry[]> {
  return guardAsync((native) => native.scanStaged(directory))
}

/**
 * For each doublestar pattern the indexes of the paths it matches; `directories[i]` says whether `paths[i]` is one.
 * A malformed pattern throws PEI_GLOB_INVALID naming it.
 */
export function matchGlobs(
  patterns: readonly string[],
  paths: readonly string[],
  directories: readonly boolean[],
): number[][] {
  return guard((native) => native.matchGlobs([...patterns], [...paths], [...directories]))
}

export function pack(
  request: PackRequest,
  progress?: OnProgress,
  cancel?: CancelToken,
): Promise<PackedPackage> {
  return guardAsync((native) => native.pack(request, progress, cancel))
}

/** Every rule of files 1 and 2 that the draft and its paths break, together, without packing. */
export function checkPackage(request: PackRequest): Promise<{ errors: string[]; warnings: string[] }> {
  return guardAsync((native) => native.checkPackage(request))
}

/** Verifies everything but trust, streaming; reads the whole file. */
export function inspectPackage(
  path: string,
  options: InspectOptions = {},
  progress?: OnProgress,
  cancel?: CancelToken,
): Promise<PackageInspection> {
  return guardAsync((native) => native.inspectPackage(path, options, progress, cancel))
}
