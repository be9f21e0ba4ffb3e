/** Why two packages differ: from the manifest down to the compressed bytes. */
import { comparePackages, type PackageComparison, type PackageInspection } from '../native/packages.ts'
import { cancellable, type OnProgress } from '../native/task.ts'

/** A field of the manifest; those of `build` by `build.timestamp` and so on. `undefined`: it is not there. */
export interface FieldDifference {
  readonly field: string
  readonly left: unknown
  readonly right: unknown
}

type InspectedEntry = PackageInspection['entries'][number]

/** A payload entry that is not the same in both. */
export interface EntryDifference {
  readonly path: string
  readonly left: InspectedEntry | undefined
  readonly right: InspectedEntry | undefined
  /** Where the contents of a file that both have part. */
  readonly contents: PackageComparison['files'][number] | undefined
}

export interface PackageDifference {
  readonly left: PackageInspection
  readonly right: PackageInspection
  /** The files are the same, byte for byte. */
  readonly identical: boolean
  readonly fields: readonly FieldDifference[]
  /** In path order. */
  readonly entries: readonly EntryDifference[]
  /** The same entries, in another order. */
  readonly reordered: boolean
  /** Signed or not, or by different keys, or not the same signature. */
  readonly signature: boolean
  /** Where the tar streams part; `undefined`: they are the same, byte for byte. */
  readonly tar: NonNullable<PackageComparison['tar']> | undefined
}

/** Both are verified first, everything but trust. */
export async function compare(
  left: string,
  right: string,
  progress: OnProgress,
  signal: AbortSignal,
): Promise<PackageDifference> {
  return describe(await cancellable(signal, (token) => comparePackages(left, right, progress, token)))
}

function describe({ left, right, tar, files }: PackageComparison): PackageDifference {
  const entries = entryDifferences(left, right, files)
  const names = [left, right].map((side) => side.entries.map(({ path }) => path).join('\0'))
  return {
    left,
    right,
    identical: left.sha256 === right.sha256,
    fields: fieldDifferences(fieldsOf(left), fieldsOf(right)),
    entries,
    reordered: entries.every((entry) => entry.left && entry.right) && names[0] !== names[1],
    signature: left.signature?.fingerprint !== right.signature?.fingerprint || inSignature(tar),
    tar: tar ?? undefined,
  }
}

/** Nothing but the envelope differs when the streams part there: it comes last. */
function inSignature(tar: PackageComparison['tar']): boolean {
  return tar !== null && [tar.left, tar.right].includes('.peipkg/signature')
}

function fieldsOf(inspection: PackageInspection): ReadonlyMap<string, unknown> {
  const { build, ...fields } = JSON.parse(inspection.manifest) as Readonly<Record<string, unknown>>
  const parts = Object.entries(build ?? {}).map(([name, value]) => [`build.${name}`, value] as const)
  return new Map([...Object.entries(fields), ...parts])
}

function fieldDifferences(
  left: ReadonlyMap<string, unknown>,
  right: ReadonlyMap<string, unknown>,
): readonly FieldDifference[] {
  return [...new Set([...left.keys(), ...right.keys()])]
    .map((field) => ({ field, left: left.get(field), right: right.get(field) }))
    .filter((found) => JSON.stringify(found.left) !== JSON.stringify(found.right))
}

function entryDifferences(
  left: PackageInspection,
  right: PackageInspection,
  files: PackageComparison['files'],
): readonly EntryDifference[] {
  const [before, after] = [left, right].map(
    (side) => new Map(side.entries.map((entry) => [entry.path, entry])),
  ) as [Map<string, InspectedEntry>, Map<string, InspectedEntry>]
  const contents = new Map(files.map((file) => [file.path, file]))
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((path) => !isSame(before.get(path), after.get(path)))
    .sort()
    .map((path) => ({ path, left: before.get(path), right: after.get(path), contents: contents.get(path) }))
}

function isSame(left: InspectedEntry | undefined, right: InspectedEntry | undefined): boolean {
  const keys = ['kind', 'size', 'sha256', 'target'] as const
  return left !== undefined && right !== undefined && keys.every((key) => left[key] === right[key])
}
