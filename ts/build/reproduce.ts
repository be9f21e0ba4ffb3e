/** Builds a package again from its own provenance and compares: whoever can do that need not believe who built it. */
import { mkdtempSync, realpathSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { PeiError } from '../native/errors.ts'
import {
  inspectPackage,
  type PackageInspection,
  type PackedPackage,
  signPackage,
} from '../native/packages.ts'
import { cancellable } from '../native/task.ts'
import { type BuildReporter, build, type RecipeRun } from './build.ts'
import { compare, type PackageDifference } from './compare.ts'
import { removeTree } from './workspace.ts'

/** What the manifest of the package does not say. */
export interface ReproduceRequest extends RecipeRun {
  /** The package to make again. */
  readonly file: string
}

export interface ReproduceReport {
  readonly sha256: string
  /** `undefined`: the same file, byte for byte. */
  readonly difference: PackageDifference | undefined
}

/** The manifest, as far as a build starts from it; the core has checked it. */
interface Manifest {
  readonly name: string
  readonly version: string
  readonly architecture: string
  readonly build: { readonly timestamp: string; readonly farm_id: string; readonly source_ref: string }
}

export async function reproduce(
  request: ReproduceRequest,
  reporter: BuildReporter,
  signal: AbortSignal,
): Promise<ReproduceReport> {
  const { file } = request
  const original = await cancellable(signal, (token) => inspectPackage(file, {}, reporter.progress, token))
  const scratch = mkdtempSync(join(realpathSync(tmpdir()), 'peipkg-reproduce-'))
  try {
    const again = await buildAgain(request, original, scratch, reporter, signal)
    const difference =
      again.sha256 === original.sha256
        ? undefined
        : await compare(file, again.path, reporter.progress, signal)
    return { sha256: original.sha256, difference }
  } finally {
    if (request.keep) reporter.kept(scratch)
    else removeTree(scratch)
  }
}

async function buildAgain(
  request: ReproduceRequest,
  original: PackageInspection,
  scratch: string,
  reporter: BuildReporter,
  signal: AbortSignal,
): Promise<{ readonly path: string; readonly sha256: string }> {
  const manifest = JSON.parse(original.manifest) as Manifest
  const { timestamp, farm_id: farmId, source_ref: sourceRef } = manifest.build
  const identity = { version: manifest.version, timestamp, farmId, sourceRef }
  const built = await build({ ...request, identity, out: scratch, signKey: undefined }, reporter, signal)
  const unsigned = sameOf(built, manifest)
  if (!original.signature) return unsigned
  const out = join(scratch, `signed-${basename(unsigned.path)}`)
  const task = {
    path: unsigned.path,
    out,
    signatureOf: request.file,
    ...request.compression,
  }
  const signed = await cancellable(signal, (token) => signPackage(task, reporter.progress, token))
  return { path: out, sha256: signed.sha256 }
}

/** A recipe makes several packages. */
function sameOf(built: readonly PackedPackage[], { name, architecture }: Manifest): PackedPackage {
  const found = built.find((other) => other.name === name && other.architecture === architecture)
  if (found !== undefined) return found
  throw new PeiError('PEI_NOT_FOUND', `the recipe makes no package "${name}" for ${architecture}`)
}
