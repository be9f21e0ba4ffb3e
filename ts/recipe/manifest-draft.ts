/** What a stanza says of its package: the manifest draft that the core completes and checks. */
import type { Dependency, PackageStanza, Recipe, Relation, SdOverride } from './recipe.ts'

/** Provenance and version: the same for every package of a build. */
export interface BuildIdentity {
  readonly version: string
  /** RFC 3339, UTC, whole seconds. */
  readonly timestamp: string
  readonly farmId: string
  readonly sourceRef: string
}

/** The fields of a manifest that its producer decides (PSD-009 §3.3); sizes and order are the core's. */
export interface ManifestDraft {
  readonly name: string
  readonly version: string
  readonly architecture: string
  readonly description: string
  readonly license: string
  readonly homepage: string
  readonly dependencies: readonly Relation[]
  readonly optional_dependencies: readonly Relation[]
  readonly conflicts: readonly Relation[]
  readonly provides: readonly { readonly name: string; readonly version?: string }[]
  readonly replaces: readonly Relation[]
  readonly side_effects: readonly string[]
  readonly sd_overrides: readonly { readonly path: string; readonly sd: string }[]
  readonly build: { readonly timestamp: string; readonly farm_id: string; readonly source_ref: string }
}

/** `toDescriptor` turns SDDL text into base64 of a security descriptor. */
export function manifestDraft(
  recipe: Recipe,
  stanza: PackageStanza,
  build: BuildIdentity,
  toDescriptor: (sddl: string) => string,
): ManifestDraft {
  return {
    name: stanza.name,
    version: build.version,
    architecture: stanza.architecture,
    description: stanza.description,
    license: recipe.license,
    homepage: recipe.homepage,
    dependencies: stanza.dependencies.map((entry) => pinned(entry, build.version)),
    optional_dependencies: stanza.optionalDependencies.map((entry) => pinned(entry, build.version)),
    conflicts: stanza.conflicts,
    provides: stanza.provides,
    replaces: stanza.replaces,
    side_effects: stanza.sideEffects,
    sd_overrides: stanza.sdOverrides.map((entry) => resolved(entry, toDescriptor)),
    build: { timestamp: build.timestamp, farm_id: build.farmId, source_ref: build.sourceRef },
  }
}

/** `same_build` becomes `= <this build's version>`. */
function pinned(dependency: Dependency, version: string): Relation {
  const { sameBuild, ...relation } = dependency
  return sameBuild ? { ...relation, constraint: `= ${version}` } : relation
}

function resolved(
  override: SdOverride,
  toDescriptor: (sddl: string) => string,
): { path: string; sd: string } {
  return { path: override.path, sd: 'sddl' in override ? toDescriptor(override.sddl) : override.sd }
}
