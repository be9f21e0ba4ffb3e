/**
 * A recipe as written in peipkg.toml: what peipkg-build owns of it. Values are checked for shape only;
 * the rules of names, versions, constraints and payload are the core's.
 */

export interface Recipe {
  /** Absolute path of peipkg.toml. */
  readonly file: string
  /** Absolute path of the directory that holds it. */
  readonly directory: string
  /** Absolute path of the build script. */
  readonly buildScript: string
  readonly license: string
  readonly homepage: string
  /** Where the sources come from: for people, not written to the manifest. */
  readonly source: string
  readonly packages: readonly PackageStanza[]
  readonly sign: readonly SignStanza[]
  /** Top-level sections of other programs, unread. */
  readonly otherSections: Readonly<Record<string, unknown>>
}

/** One `[[package]]`. */
export interface PackageStanza {
  readonly name: string
  readonly architecture: string
  /** Globs against paths below $DESTDIR; one that ends in `/` claims that directory itself. */
  readonly files: readonly string[]
  readonly description: string
  readonly dependencies: readonly Dependency[]
  readonly optionalDependencies: readonly Dependency[]
  readonly conflicts: readonly Relation[]
  readonly replaces: readonly Relation[]
  readonly provides: readonly Provide[]
  readonly sideEffects: readonly string[]
  readonly sdOverrides: readonly SdOverride[]
}

export interface Relation {
  readonly name: string
  readonly constraint?: string
  readonly arch?: string
}

export interface Dependency extends Relation {
  /** Exactly the version of this build, of a sibling stanza. */
  readonly sameBuild: boolean
}

export interface Provide {
  readonly name: string
  readonly version?: string
}

/** A security descriptor for one path, as SDDL text or as base64 without padding of its binary form. */
export type SdOverride =
  | { readonly path: string; readonly sddl: string }
  | { readonly path: string; readonly sd: string }

/** One `[[sign]]`: a binary below $DESTDIR and the name of the key that signs it. */
export interface SignStanza {
  readonly path: string
  readonly key: string
}
