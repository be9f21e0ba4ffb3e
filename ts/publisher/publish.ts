/** Adds packages to a repository, or makes all of its entries anew; in place or to a new directory. */
import { type Dirent, readdirSync, realpathSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { PeiError, reasonOf } from '../native/errors.ts'
import type { PublishReport } from '../native/producer.ts'
import { preparePublication } from '../native/publication.ts'
import { type Control, changeWith, type SignedChange } from './change-repository.ts'
import { checkDirectory } from './directory.ts'

export interface PublishRequest {
  /** The repository that is written: the same directory, or an empty or absent one. */
  readonly out: string
  /** `new`: the *.peipkg of that directory itself; `rebuild`: all below it. */
  readonly packages: { readonly kind: 'new' | 'rebuild'; readonly directory: string }
  readonly urlTemplate: string
  readonly allowUnsigned: boolean
}

/** Where package files lie, below the repository, unless the publisher says otherwise. */
export const defaultUrlTemplate = '/p/{name}/{version}/{filename}'

/** `change.repository` is the one that is read; with another `out` it stays as it is. */
export async function publish(
  change: SignedChange,
  { out, packages, urlTemplate, allowUnsigned }: PublishRequest,
  control: Control,
): Promise<PublishReport> {
  checkDirectory(packages.directory)
  const rebuild = packages.kind === 'rebuild'
  const files = packageFiles(packages.directory, rebuild)
  const report = await changeWith(change, control, ({ directory: base, ...signed }, token) => {
    const task = {
      base,
      out: isSameDirectory(base, out) ? base : resolve(out),
      packages: [...files],
      rebuild,
      urlTemplate,
      allowUnsigned,
    }
    return preparePublication({ ...task, ...signed }, control.progress, token)
  })
  if (files.length > 0 || listDirectory(packages.directory).length === 0) return report
  // An empty directory is how new signatures are asked for; this one was meant to hold something.
  const warning = `there is no *.peipkg in ${packages.directory}: nothing was added`
  return { ...report, warnings: [...report.warnings, warning] }
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
