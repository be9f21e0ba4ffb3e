/** What changes between two packages: files, sizes, relations. */
import { PeiError } from '../native/errors.ts'
import { inspectPackage, type PackageInspection } from '../native/packages.ts'
import type { OwnedPath, System } from '../native/system.ts'
import { buildModel } from '../resolver/model.ts'
import { upgradeOptions } from '../resolver/upgrade.ts'
import { offersOf } from './available.ts'
import { infoOfInstalled, infoOfManifest, type PackageInfo, type Relation } from './info.ts'
import type { Session } from './session.ts'

/** Either side: a package, and its files where they are known without fetching it. */
export interface Side {
  readonly info: PackageInfo
  /** Regular files, links and directories by path; null for one that is not in the cache yet. */
  readonly files: ReadonlyMap<string, DiffedFile> | null
}

interface DiffedFile {
  readonly kind: 'file' | 'directory' | 'symlink'
  readonly size: number
  /** Equal marks: equal content, or equal link target. */
  readonly mark: string
}

export interface Difference {
  /** null: not installed. */
  readonly from: PackageInfo | null
  readonly to: PackageInfo
  readonly relations: readonly RelationChange[]
  /** By path; null where the files of the new one are not known before it is fetched. */
  readonly files: readonly FileChange[] | null
}

export interface RelationChange {
  readonly change: 'added' | 'removed'
  readonly field: RelationField
  readonly relation: Relation
}

export interface FileChange {
  readonly change: 'added' | 'removed' | 'changed'
  readonly path: string
  readonly kind: DiffedFile['kind']
  readonly sizeFrom: number | null
  readonly sizeTo: number | null
}

const relationFields = ['dependencies', 'optionalDependencies', 'conflicts', 'provides', 'replaces'] as const
type RelationField = (typeof relationFields)[number]

export function differenceOf(from: Side | null, to: Side): Difference {
  return {
    from: from?.info ?? null,
    to: to.info,
    relations: relationFields.flatMap((field) =>
      relationChanges(field, from?.info[field] ?? [], to.info[field]),
    ),
    files: to.files === null ? null : fileChanges(from?.files ?? new Map(), to.files),
  }
}

/** Throws PEI_NOT_FOUND. */
export function installedSide(name: string, system: System): Side {
  const info = infoOfInstalled(name, system)
  return { info, files: new Map((system.ownedPaths(name) ?? []).map((owned) => [owned.path, fileOf(owned)])) }
}

export async function fileSide(path: string): Promise<Side> {
  const inspection = await inspectPackage(path)
  return { info: infoOfManifest(inspection.manifest), files: filesOf(inspection) }
}

/** What `upgrade NAME` would lead to. Throws PEI_NOT_FOUND where nothing newer is offered. */
export async function upgradeSide(name: string, session: Session): Promise<Side> {
  const { universe, view, packages } = await offersOf(name, session)
  const model = buildModel(view, { jobs: [{ kind: 'upgrade', name }], cascade: false, unusable: [] })
  const [newest] = upgradeOptions(model, name)
  const info = packages.find(({ candidate }) => candidate === newest)
  if (newest === undefined || info === undefined) {
    throw new PeiError('PEI_NOT_FOUND', `nothing newer than the installed "${name}" is offered`)
  }
  const source = universe.source(newest)
  const cached = source === null ? null : session.system.cachedPackage(source.sha256, source.size)
  return { info, files: cached === null ? null : filesOf(await inspectPackage(cached)) }
}

function filesOf({ entries }: PackageInspection): ReadonlyMap<string, DiffedFile> {
  return new Map(entries.map((entry) => [entry.path, fileOf(entry)]))
}

function fileOf({ kind, size, sha256, target }: Omit<OwnedPath, 'path'>): DiffedFile {
  return { kind, size, mark: `${kind} ${sha256 ?? target ?? ''}` }
}

function relationChanges(
  field: RelationField,
  from: readonly Relation[],
  to: readonly Relation[],
): readonly RelationChange[] {
  const key = ({ name, constraint, version }: Relation) => `${name} ${constraint ?? ''} ${version ?? ''}`
  const lacking = (left: readonly Relation[], right: readonly Relation[]) =>
    left.filter((one) => !right.some((other) => key(one) === key(other)))
  return [
    ...lacking(from, to).map((relation) => ({ change: 'removed' as const, field, relation })),
    ...lacking(to, from).map((relation) => ({ change: 'added' as const, field, relation })),
  ]
}

function fileChanges(
  from: ReadonlyMap<string, DiffedFile>,
  to: ReadonlyMap<string, DiffedFile>,
): readonly FileChange[] {
  const paths = [...new Set([...from.keys(), ...to.keys()])].sort()
  return paths.flatMap((path): FileChange[] => {
    const [old, now] = [from.get(path), to.get(path)]
    const kind = (now ?? old)?.kind
    if (kind === undefined || old?.mark === now?.mark) return []
    const change = old === undefined ? 'added' : now === undefined ? 'removed' : 'changed'
    return [{ change, path, kind, sizeFrom: old?.size ?? null, sizeTo: now?.size ?? null }]
  })
}
