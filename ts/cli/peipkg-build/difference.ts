/** The forms in which the difference of two packages is shown. All of its texts are foreign. */
import type { EntryDifference, FieldDifference, PackageDifference } from '../../build/compare.ts'
import { escapeText } from '../../native/escape.ts'
import type { PackageInspection } from '../../native/packages.ts'
import { groupFingerprint } from '../render/fingerprint.ts'
import { formatSize } from '../render/size.ts'

/** What is shown of a value of the manifest, in characters. */
const LONGEST = 200

/** One JSON document; empty arrays and nulls where nothing differs. */
export function differenceDocument(difference: PackageDifference, left: string, right: string): object {
  const { tar } = difference
  return {
    identical: difference.identical,
    left: sideDocument(difference.left, left),
    right: sideDocument(difference.right, right),
    fields: difference.fields.map(({ field, left = null, right = null }) => ({ field, left, right })),
    entries: difference.entries.map(entryDocument),
    reordered: difference.reordered,
    signature: difference.signature,
    tar: tar === undefined ? null : { byte: tar.byte, left: tar.left, right: tar.right },
  }
}

function sideDocument(side: PackageInspection, file: string): object {
  return {
    file,
    size: side.size,
    sha256: side.sha256,
    tar: { size: side.tarSize, sha256: side.tarSha256, frames: side.frames },
    key_fingerprint: side.signature?.fingerprint ?? null,
  }
}

function entryDocument({ path, left, right, contents }: EntryDifference): object {
  const shape = (entry: EntryDifference['left']) =>
    entry === undefined
      ? null
      : {
          kind: entry.kind,
          ...(entry.kind === 'file' ? { size: entry.size, sha256: entry.sha256 } : {}),
          ...(entry.kind === 'symlink' ? { target: entry.target } : {}),
        }
  return {
    path,
    left: shape(left),
    right: shape(right),
    first_difference:
      contents === undefined
        ? null
        : {
            byte: contents.byte,
            line: contents.line,
            left: contents.left.toString('base64'),
            right: contents.right.toString('base64'),
          },
  }
}

/** Lines for people; nothing when the two are identical. */
export function differenceText(difference: PackageDifference): string {
  const { fields, entries, reordered, signature, tar, identical } = difference
  if (identical) return ''
  const lines = [
    ...section('manifest', fields.flatMap(fieldLines)),
    ...section('payload', [
      ...entries.map(entryLine),
      ...(reordered ? ['the same entries in another order'] : []),
    ]),
    ...section('signature', signature ? signatureLines(difference) : []),
    ...section('tar stream', tarLines(difference)),
    ...section('compression', tar === undefined ? compressionLines(difference) : []),
  ]
  return lines.map((line) => `${escapeText(line)}\n`).join('')
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [`${title}:`, ...lines.map((line) => `  ${line}`)]
}

function fieldLines({ field, left, right }: FieldDifference): readonly string[] {
  if (!Array.isArray(left) || !Array.isArray(right)) return [`${field}: ${shown(left)} -> ${shown(right)}`]
  const [before, after] = [left, right].map((list) => list.map((item) => JSON.stringify(item))) as [
    string[],
    string[],
  ]
  return [
    ...before.filter((item) => !after.includes(item)).map((item) => `${field}: - ${itemText(item)}`),
    ...after.filter((item) => !before.includes(item)).map((item) => `${field}: + ${itemText(item)}`),
  ]
}

/** A relation as people read it, anything else as it is in the manifest. */
function itemText(json: string): string {
  const item = JSON.parse(json) as string | Readonly<Record<string, string>>
  if (typeof item === 'string') return clipped(item)
  const { name, constraint, version } = item
  if (name === undefined) return clipped(json)
  const detail = constraint ?? (version === undefined ? undefined : `= ${version}`)
  return clipped(detail === undefined ? name : `${name} (${detail})`)
}

const shown = (value: unknown): string => (value === undefined ? 'nothing' : clipped(JSON.stringify(value)))

const clipped = (text: string): string => (text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text)

function entryLine({ path, left, right, contents }: EntryDifference): string {
  if (left === undefined) return `+ ${path} (${entryText(right)})`
  if (right === undefined) return `- ${path} (${entryText(left)})`
  if (contents === undefined) return `~ ${path}: ${entryText(left)} -> ${entryText(right)}`
  const sizes = left.size === right.size ? '' : `${left.size} -> ${right.size} bytes, `
  const line = contents.line === null ? '' : ` (line ${contents.line})`
  const excerpts = `${excerpt(contents.left, contents.line)} -> ${excerpt(contents.right, contents.line)}`
  return `~ ${path}: ${sizes}differs from byte ${contents.byte} on${line}: ${excerpts}`
}

function entryText(entry: EntryDifference['left']): string {
  if (entry?.kind === 'file') return `file, ${formatSize(entry.size)}`
  return entry?.kind === 'symlink' ? `link to ${entry.target}` : 'directory'
}

/** Text as text, anything else as hexadecimal digits. */
function excerpt(bytes: Buffer, line: number | null): string {
  if (bytes.length === 0) return 'its end'
  const text = bytes.toString('utf8').replace(/\ufffd+$/, '')
  return line === null || text.includes('\ufffd') ? bytes.toString('hex') : JSON.stringify(text)
}

function signatureLines({ left, right }: PackageDifference): readonly string[] {
  const text = ({ signature }: PackageInspection) =>
    signature ? `by ${groupFingerprint(signature.fingerprint)}` : 'not signed'
  return left.signature?.fingerprint === right.signature?.fingerprint
    ? [`both ${text(left)}, but not the same signature`]
    : [text(left), `-> ${text(right)}`]
}

function tarLines({ tar, fields, entries, reordered, signature }: PackageDifference): readonly string[] {
  if (tar === undefined) return []
  const [left, right] = [tar.left ?? 'the end', tar.right ?? 'the end']
  const place = left === right ? `in ${left}` : `in ${left} -> ${right}`
  const isExplained = fields.length > 0 || entries.length > 0 || reordered || signature
  return [
    `first difference at byte ${tar.byte}, ${place}`,
    ...(isExplained ? [] : ['the same contents, written by another program: headers or padding differ']),
  ]
}

function compressionLines({ left, right }: PackageDifference): readonly string[] {
  const text = ({ size, frames }: PackageInspection) =>
    `${size} bytes in ${frames} ${frames === 1 ? 'frame' : 'frames'}`
  return [
    'the same tar stream, compressed differently (another level, or another zstd)',
    `${text(left)} -> ${text(right)}`,
  ]
}
