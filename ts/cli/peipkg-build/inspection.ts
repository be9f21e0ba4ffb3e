/** The forms in which an inspected package is shown. All of its texts are foreign. */
import { escapeText } from '../../native/escape.ts'
import type { PackageInspection } from '../../native/packages.ts'
import { groupFingerprint } from '../render/fingerprint.ts'
import { formatSize } from '../render/size.ts'

interface Relation {
  readonly name: string
  readonly constraint?: string
  readonly version?: string
}

/** The fields of a manifest that are shown; the core has checked their types. */
interface Manifest {
  readonly name: string
  readonly version: string
  readonly architecture: string
  readonly description?: string
  readonly license?: string
  readonly homepage?: string
  readonly dependencies: readonly Relation[]
  readonly optional_dependencies?: readonly Relation[]
  readonly conflicts: readonly Relation[]
  readonly provides?: readonly Relation[]
  readonly replaces?: readonly Relation[]
  readonly side_effects?: readonly string[]
  readonly size_installed: number
  readonly build: { readonly timestamp: string; readonly farm_id: string; readonly source_ref: string }
}

/** One JSON document with everything that is known of the file. */
export function inspectionDocument(inspection: PackageInspection): object {
  const { signature } = inspection
  return {
    manifest: JSON.parse(inspection.manifest),
    size: inspection.size,
    sha256: inspection.sha256,
    tar: { size: inspection.tarSize, sha256: inspection.tarSha256, frames: inspection.frames },
    signature: signature ? { key_fingerprint: signature.fingerprint, verified: signature.verified } : null,
    entries: inspection.entries.map(({ path, kind, size, sha256, target }) => ({
      path,
      kind,
      ...(kind === 'file' ? { size, sha256 } : {}),
      ...(kind === 'symlink' ? { target } : {}),
    })),
    security_descriptors: inspection.securityDescriptors.map(({ path, sddl }) => ({ path, sddl })),
  }
}

/** Aligned lines for people; fields without content are left out. */
export function inspectionText(inspection: PackageInspection): string {
  const manifest = JSON.parse(inspection.manifest) as Manifest
  const { build } = manifest
  const fields: readonly (readonly [string, string])[] = [
    ['name', manifest.name],
    ['version', manifest.version],
    ['architecture', manifest.architecture],
    ['description', manifest.description ?? ''],
    ['license', manifest.license ?? ''],
    ['homepage', manifest.homepage ?? ''],
    ['dependencies', relationsText(manifest.dependencies)],
    ['optional', relationsText(manifest.optional_dependencies)],
    ['conflicts', relationsText(manifest.conflicts)],
    ['provides', relationsText(manifest.provides)],
    ['replaces', relationsText(manifest.replaces)],
    ['side effects', (manifest.side_effects ?? []).join(', ')],
    ['built', `${build.timestamp} by ${build.farm_id || 'nobody named'}`],
    ['source', build.source_ref],
    ['signature', signatureText(inspection)],
    ['file', `${formatSize(inspection.size)}, sha256 ${inspection.sha256}`],
    [
      'tar',
      `${formatSize(inspection.tarSize)} in ${counted(inspection.frames, 'frame', 'frames')}, sha256 ${inspection.tarSha256}`,
    ],
    ['payload', `${payloadText(inspection)}, ${formatSize(manifest.size_installed)} installed`],
    ...inspection.securityDescriptors.map(({ path, sddl }) => ['descriptor', `${path}  ${sddl}`] as const),
  ]
  const width = Math.max(...fields.map(([name]) => name.length)) + 1
  return fields
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `${`${name}:`.padEnd(width)}  ${escapeText(value)}\n`)
    .join('')
}

/** `1234  usr/bin/x`, `-  usr/bin/`, `-  usr/bin/y -> x`, in archive order. */
export function filesText({ entries }: PackageInspection): string {
  const sizes = entries.map(({ kind, size }) => (kind === 'file' ? String(size) : '-'))
  const width = Math.max(0, ...sizes.map((size) => size.length))
  return entries
    .map(({ path, kind, target }, index) => {
      const suffix = kind === 'directory' ? '/' : kind === 'symlink' ? ` -> ${target}` : ''
      return `${(sizes[index] ?? '').padStart(width)}  ${escapeText(path + suffix)}\n`
    })
    .join('')
}

/** The package is whole (else there would be no inspection); what that says of its origin depends on the key. */
export function verdictText(inspection: PackageInspection): string {
  return `OK: format and hashes; ${signatureText(inspection)}`
}

function signatureText({ signature }: PackageInspection): string {
  if (!signature) return 'not signed'
  const by = `by ${groupFingerprint(signature.fingerprint)}`
  return signature.verified ? `valid, ${by}` : `${by}, not checked (no --key was given)`
}

function relationsText(relations: readonly Relation[] = []): string {
  return relations
    .map(({ name, constraint, version }) => {
      const detail = constraint ?? (version === undefined ? undefined : `= ${version}`)
      return detail === undefined ? name : `${name} (${detail})`
    })
    .join(', ')
}

function payloadText({ entries }: PackageInspection): string {
  const count = (kind: string) => entries.filter((entry) => entry.kind === kind).length
  const kinds = [
    counted(count('file'), 'file', 'files'),
    counted(count('directory'), 'directory', 'directories'),
    counted(count('symlink'), 'link', 'links'),
  ]
  return kinds.join(', ')
}

function counted(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`
}
