/** Producing and inspecting package files. */
import type {
  InspectOptions,
  OnProgress,
  PackageComparison,
  PackageInspection,
  PackedPackage,
  PackRequest,
  SignedPackage,
  SignRequest,
  StagedEntry,
} from '../../index.d.ts'
import { guard, guardAsync } from './addon.ts'
import type { CancelToken } from './task.ts'

export type {
  InspectOptions,
  PackageComparison,
  PackageInspection,
  PackedPackage,
  PackRequest,
  SignedPackage,
  SignRequest,
  StagedEntry,
}

/** How hard to compress, and on how many threads, which never changes the bytes. */
export type Compression = Readonly<Pick<PackRequest, 'level' | 'threads'>>

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

/** Whether a pattern of `files` can match anything that a package for that architecture may hold. */
export function patternReaches(pattern: string, architecture: string): boolean {
  return guard((native) => native.patternReaches(pattern, architecture))
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

/** Verifies both, everything but trust, and says where they differ. Needs room for both tar streams in TMPDIR. */
export function comparePackages(
  left: string,
  right: string,
  progress?: OnProgress,
  cancel?: CancelToken,
): Promise<PackageComparison> {
  return guardAsync((native) => native.comparePackages(left, right, progress, cancel))
}

/** Adds a signature to an unsigned package. Throws PEI_SIGNATURE_PRESENT when it has one. */
export function signPackage(
  request: SignRequest,
  progress?: OnProgress,
  cancel?: CancelToken,
): Promise<SignedPackage> {
  return guardAsync((native) => native.signPackage(request, progress, cancel))
}

/** Puts a signed ELF file in the place of the file at `path`; returns the key's fingerprint. Throws PEI_ELF_…. */
export function signBinary(
  path: string,
  key: string,
  progress?: OnProgress,
  cancel?: CancelToken,
): Promise<string> {
  return guardAsync((native) => native.signBinary(path, key, progress, cancel))
}
