/** What is known of one package: an installed one, or a file. */
import { PeiError } from '../native/errors.ts'
import { inspectPackage } from '../native/packages.ts'
import type { System } from '../native/system.ts'
import { orphanReasons } from '../repository/orphans.ts'

export interface PackageInfo {
  readonly name: string
  readonly version: string
  readonly architecture: string
  /** The repository it came from; null for a local file. */
  readonly origin: string | null
  readonly reason: 'explicit' | 'dependency' | null
  readonly held: boolean
  /** Why it is orphaned (its repository vouches for it no more); null when it is not. */
  readonly orphaned: string | null
  /** RFC 3339; null for a file. */
  readonly installedAt: string | null
  readonly description: string
  readonly license: string
  readonly homepage: string
  readonly sizeInstalled: number
  readonly dependencies: readonly Relation[]
  readonly optionalDependencies: readonly Relation[]
  readonly conflicts: readonly Relation[]
  readonly provides: readonly Relation[]
  readonly replaces: readonly Relation[]
  /** Security-descriptor overrides of an installed package. */
  readonly overrides: readonly { readonly path: string; readonly sddl: string; readonly applied: boolean }[]
}

export interface Relation {
  readonly name: string
  readonly constraint?: string
  readonly version?: string
}

/** Throws PEI_NOT_FOUND. `now`: seconds since 1970. */
export function infoOfInstalled(
  name: string,
  system: System,
  now = Math.floor(Date.now() / 1000),
): PackageInfo {
  const details = system.findPackage(name)
  if (details?.manifest === undefined) throw new PeiError('PEI_NOT_FOUND', `"${name}" is not installed`)
  const { origin, reason, held, installedAt } = details
  const orphaned = orphanReasons(system, now)(origin)
  const overrides = system.overrides().filter((override) => override.package === name)
  return { ...fromManifest(details.manifest), origin, reason, held, orphaned, installedAt, overrides }
}

/** Verifies the file's format and hashes on the way, as an install would. */
export async function infoOfFile(file: string): Promise<PackageInfo> {
  return infoOfManifest((await inspectPackage(file)).manifest)
}

/** Of a package file that was verified. */
export function infoOfManifest(manifest: string): PackageInfo {
  return {
    ...fromManifest(manifest),
    ...{ origin: null, reason: null, held: false, orphaned: null, installedAt: null },
    overrides: [],
  }
}

/** The core accepted this text as a manifest: types are as file 2 says, optional fields may be absent. */
function fromManifest(text: string) {
  const manifest = JSON.parse(text) as Manifest
  return {
    name: manifest.name,
    version: manifest.version,
    architecture: manifest.architecture,
    description: manifest.description ?? '',
    license: manifest.license ?? '',
    homepage: manifest.homepage ?? '',
    sizeInstalled: manifest.size_installed,
    dependencies: manifest.dependencies ?? [],
    optionalDependencies: manifest.optional_dependencies ?? [],
    conflicts: manifest.conflicts ?? [],
    provides: manifest.provides ?? [],
    replaces: manifest.replaces ?? [],
  }
}

interface Manifest {
  readonly name: string
  readonly version: string
  readonly architecture: string
  readonly description?: string
  readonly license?: string
  readonly homepage?: string
  readonly size_installed: number
  readonly dependencies?: readonly Relation[]
  readonly optional_dependencies?: readonly Relation[]
  readonly conflicts?: readonly Relation[]
  readonly provides?: readonly Relation[]
  readonly replaces?: readonly Relation[]
}
