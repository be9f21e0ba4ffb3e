/** What the repository has: `index/archive.json`, kept while the file is the same (§10.2, §16.21). */
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { PeiError, reasonOf } from '../native/errors.ts'
import { splitArray } from './json-elements.ts'

export interface Archive {
  /** How many packages there are. */
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
  const digests = new Map<string, string>()
  let time: number
  try {
    const { rest, elements } = splitArray(readFileSync(path), 'packages')
    time = Date.parse((JSON.parse(rest.toString()) as { readonly generated_at: string }).generated_at)
    for (const text of elements) {
      const { name, version, architecture, hash } = JSON.parse(text) as Entry
      digests.set(`${name} ${version} ${architecture}`, hash.value)
    }
  } catch (error) {
    throw new PeiError('PEI_MANAGER_STATE', `cannot read ${path}: ${reasonOf(error)}`, { cause: error })
  }
  const digest = (name: string, version: string, architecture: string) =>
    digests.get(`${name} ${version} ${architecture}`)
  let versions: ReadonlySet<string> | undefined
  // Asked for by few, if any.
  const anyArchitecture = () => {
    versions ??= new Set(Array.from(digests.keys(), (key) => key.slice(0, key.lastIndexOf(' '))))
    return versions
  }
  return {
    size: digests.size,
    generatedAt: Number.isNaN(time) ? undefined : time,
    has(name, version, architecture) {
      if (architecture === undefined) return anyArchitecture().has(`${name} ${version}`)
      return digest(name, version, architecture) !== undefined
    },
    digest,
  }
}
