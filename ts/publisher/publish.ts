/** Adds packages to a repository, or makes all of its entries anew; in place or to a new directory. */
import { type Dirent, readdirSync, realpathSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { PeiError, reasonOf } from '../native/errors.ts'
import type { PublishReport } from '../native/producer.ts'
import { preparePublication } from '../native/publication.ts'
import { cancellable, type OnProgress } from '../native/task.ts'
import { checkDirectory } from './directory.ts'
import { writePublication } from './write-publication.ts'

export interface PublishRequest {
  /** The repository that is read. */
  readonly base: string
  /** The repository that is written: the same directory, or an empty or absent one. */
  readonly out: string
  /** `new`: the *.peipkg of that directory itself; `rebuild`: all below it. */
  readonly packages: { readonly kind: 'new' | 'rebuild'; readonly directory: string }
  readonly signKey: string
  readonly timestamp: string
  readonly signatureFormat: 'envelope' | 'bare'
  readonly urlTemplate: string
  readonly allowUnsigned: boolean
  /** Whether the pages of the browse site are brought up to date too. */
  readonly site: boolean
}

/** Where package files lie, below the repository, unless the publisher says otherwise. */
export const defaultUrlTemplate = '/p/{name}/{version}/{filename}'

export async function publish(
  request: PublishRequest,
  progress: OnProgress,
  signal: AbortSignal,
): Promise<PublishReport> {
  checkDirectory(request.base)
  checkDirectory(request.packages.directory)
  const base = resolve(request.base)
  const rebuild = request.packages.kind === 'rebuild'
  const task = {
    base,
    out: isSameDirectory(base, request.out) ? base : resolve(request.out),
    packages: [...packageFiles(request.packages.directory, rebuild)],
    rebuild,
    signKey: request.signKey,
    timestamp: request.timestamp,
    signatureFormat: request.signatureFormat,
    urlTemplate: request.urlTemplate,
    allowUnsigned: request.allowUnsigned,
  }
  return await cancellable(signal, async (token) => {
    const publication = await preparePublication(task, progress, token)
    return await writePublication(publication, { base, site: request.site }, progress, token)
  })
}

/** Two names of one directory are one repository: it is published in place. */
function isSameDirectory(base: string, out: string): boolean {
  try {
    return realpathSync(base) === realpathSync(out)
  } catch {
    // One of them is not there, so they are two.
    return false
  }
}

/** Absolute paths, sorted, so that reports do not depend on the directory's order. */
function packageFiles(directory: string, recursive: boolean): readonly string[] {
  return listDirectory(resolve(directory))
    .flatMap(({ path, entry }) => {
      if (entry.isDirectory()) return recursive ? packageFiles(path, true) : []
      return entry.name.endsWith('.peipkg') ? [path] : []
    })
    .sort()
}

function listDirectory(directory: string): readonly { path: string; entry: Dirent }[] {
  try {
    return readdirSync(directory, { withFileTypes: true }).map((entry) => ({
      path: join(directory, entry.name),
      entry,
    }))
  } catch (error) {
    throw new PeiError('PEI_IO', `cannot list ${directory}: ${reasonOf(error)}`, { cause: error })
  }
}
