/** What the repository has: `index/archive.json`, kept while the file is the same (§10.2, §16.21). */
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { PeiError, reasonOf } from '../native/errors.ts'

export interface Archive {
  /** How many packages of one name and version there are. */
  readonly size: number
  /** When the index was made; undefined when there is none. */
  readonly generatedAt: number | undefined
  /** Whether a package of that name and version is there; `architecture` undefined: of any. */
  has(name: string, version: string, architecture: string | undefined): boolean
  /** The SHA-256 of exactly that package, in hexadecimal. */
  digest(name: string, version: string, architecture: string): string | undefined
}

export interface ArchiveReader {
  /** Throws PEI_MANAGER_STATE when the index is there and cannot be read. */
  read(): Archive
}

export function createArchiveReader(repository: string): ArchiveReader {
  const path = join(repository, 'index', 'archive.json')
  let known: { readonly stamp: string; readonly archive: Archive } | undefined
  return {
    read() {
      const stamp = stampOf(path)
      if (stamp === undefined) return empty
      if (known?.stamp !== stamp) known = { stamp, archive: parse(path) }
      return known.archive
    },
  }
}

const empty: Archive = { size: 0, generatedAt: undefined, has: () => false, digest: () => undefined }

function stampOf(path: string): string | undefined {
  const stat = statSync(path, { throwIfNoEntry: false, bigint: true })
  return stat && [stat.dev, stat.ino, stat.size, stat.mtimeNs].join(' ')
}

interface Entry {
  readonly name: string
  readonly version: string
  readonly architecture: string
  readonly hash: { readonly value: string }
}

function parse(path: string): Archive {
  let document: { readonly generated_at: string; readonly packages: readonly Entry[] }
  const entries = new Map<string, Map<string, string>>()
  try {
    document = JSON.parse(readFileSync(path, 'utf8'))
    for (const { name, version, architecture, hash } of document.packages) {
      const key = `${name} ${version}`
      const known = entries.get(key) ?? new Map<string, string>()
      entries.set(key, known.set(architecture, hash.value))
    }
  } catch (error) {
    throw new PeiError('PEI_MANAGER_STATE', `cannot read ${path}: ${reasonOf(error)}`, { cause: error })
  }
  const time = Date.parse(document.generated_at)
  return {
    size: entries.size,
    generatedAt: Number.isNaN(time) ? undefined : time,
    has(name, version, architecture) {
      const found = entries.get(`${name} ${version}`)
      return architecture === undefined ? found !== undefined : (found?.has(architecture) ?? false)
    },
    digest: (name, version, architecture) => entries.get(`${name} ${version}`)?.get(architecture),
  }
}
