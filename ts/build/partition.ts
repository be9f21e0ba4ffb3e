/** Distributes what a build staged to the stanzas of its recipe: every file and link to exactly one. */
import type { StagedEntry } from '../native/packages.ts'

/** What partitioning needs of a `[[package]]`. */
export interface Claimant {
  readonly name: string
  readonly files: readonly string[]
}

/** For each pattern the indexes of the paths it matches. */
export type Matcher = (
  patterns: readonly string[],
  paths: readonly string[],
  directories: readonly boolean[],
) => readonly (readonly number[])[]

export interface Partition {
  /** Claimed paths of each stanza, in stanza order. */
  readonly claims: readonly (readonly string[])[]
  readonly problems: readonly string[]
  readonly warnings: readonly string[]
}

export function partition(
  stanzas: readonly Claimant[],
  entries: readonly StagedEntry[],
  match: Matcher,
): Partition {
  const claims = stanzas.map((stanza) => claim(stanza, entries, match))
  return {
    claims: claims.map(({ indexes }) =>
      [...indexes].sort(byNumber).flatMap((index) => packable(entries[index])),
    ),
    problems: [
      ...specialFiles(entries),
      ...claimProblems(stanzas, entries, claims),
      ...stanzas
        .filter((stanza, index) => stanza.files.length > 0 && claims[index]?.indexes.size === 0)
        .map(emptyStanza),
    ],
    warnings: claims.flatMap((claimed, index) =>
      claimed.indexes.size === 0 ? [] : idle(stanzas[index], claimed.idle),
    ),
  }
}

/** A special file is one of the problems already: the core need not refuse it once more. */
function packable(entry: StagedEntry | undefined): readonly string[] {
  return entry === undefined || entry.kind === 'special' ? [] : [entry.path]
}

interface Claim {
  readonly indexes: ReadonlySet<number>
  /** Patterns that match nothing. */
  readonly idle: readonly string[]
}

/** A directory is claimed only by a pattern that names it with a trailing slash. */
function claim(stanza: Claimant, entries: readonly StagedEntry[], match: Matcher): Claim {
  const paths = entries.map((entry) => entry.path)
  const directories = entries.map((entry) => entry.kind === 'directory')
  const indexes = new Set<number>()
  const idle: string[] = []
  for (const [position, matched] of match(stanza.files, paths, directories).entries()) {
    const pattern = stanza.files[position] ?? ''
    const claimed = matched.filter((index) => (directories[index] ?? false) === pattern.endsWith('/'))
    if (claimed.length === 0) idle.push(pattern)
    for (const index of claimed) indexes.add(index)
  }
  return { indexes, idle }
}

function specialFiles(entries: readonly StagedEntry[]): readonly string[] {
  return entries
    .filter((entry) => entry.kind === 'special')
    .map((entry) => `special file: ${entry.path} is neither a regular file, a directory nor a symbolic link`)
}

/** Orphans and overlaps, each path on a line of its own. */
function claimProblems(
  stanzas: readonly Claimant[],
  entries: readonly StagedEntry[],
  claims: readonly Claim[],
): readonly string[] {
  const orphans: string[] = []
  const overlaps: string[] = []
  for (const [index, entry] of entries.entries()) {
    if (entry.kind !== 'file' && entry.kind !== 'symlink') continue
    const owners = stanzas
      .filter((_, stanza) => claims[stanza]?.indexes.has(index))
      .map(({ name }) => `"${name}"`)
    if (owners.length === 0) orphans.push(`orphan: ${entry.path} is claimed by no [[package]]`)
    if (owners.length > 1) overlaps.push(`overlap: ${entry.path} is claimed by ${owners.join(' and ')}`)
  }
  return [...orphans, ...overlaps]
}

function emptyStanza(stanza: Claimant): string {
  return `[[package]] "${stanza.name}" claims nothing: none of its patterns matches (write files = [] for a metadata package)`
}

function idle(stanza: Claimant | undefined, patterns: readonly string[]): readonly string[] {
  return patterns.map((pattern) => `pattern "${pattern}" of [[package]] "${stanza?.name}" matches nothing`)
}

function byNumber(left: number, right: number): number {
  return left - right
}
