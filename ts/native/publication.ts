/** A publication that is decided and not yet written. */
import type {
  BrowsedName,
  BrowsedPackage,
  BrowsedRepository,
  BrowsePage,
  OnProgress,
  PruneRequest,
  Publication,
  PublishReport,
  PublishRequest,
  RepositoryChange,
} from '../../index.d.ts'
import { guardAsync } from './addon.ts'
import type { CancelToken } from './task.ts'

export type {
  BrowsedName,
  BrowsedPackage,
  BrowsedRepository,
  BrowsePage,
  Publication,
  PublishReport,
  RepositoryChange,
}

/** Verifies all packages and takes the lock, which is held until the publication is written or released. */
export function preparePublication(
  request: PublishRequest,
  progress?: OnProgress,
  cancel?: CancelToken,
): Promise<Publication> {
  return guardAsync((native) => native.preparePublication(request, progress, cancel))
}

/** Decides on a change of repo.json: its keys, or what the repository says of itself. */
export function prepareRepositoryChange(
  change: RepositoryChange,
  progress?: OnProgress,
  cancel?: CancelToken,
): Promise<Publication> {
  return guardAsync((native) => native.prepareRepositoryChange(change, progress, cancel))
}

/** Decides which pre-releases leave the archive: the `added` of the report are those that go. */
export function preparePrune(request: PruneRequest): Promise<Publication> {
  return guardAsync((native) => native.preparePrune(request))
}

export function completeDocuments(
  publication: Publication,
  progress?: OnProgress,
  cancel?: CancelToken,
): Promise<void> {
  return guardAsync(() => publication.completeDocuments(progress, cancel))
}

/** Without pages the browse site is left as it is. */
export function writePrepared(
  publication: Publication,
  pages: BrowsePage[] | undefined,
  cancel?: CancelToken,
): Promise<PublishReport> {
  return guardAsync(() => publication.write(pages, cancel))
}
