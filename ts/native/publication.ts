/** A publication that is decided and not yet written. */
import type {
  BrowsedName,
  BrowsedPackage,
  BrowsedRepository,
  BrowsePage,
  OnProgress,
  Publication,
  PublishReport,
  PublishRequest,
} from '../../index.d.ts'
import { guardAsync } from './addon.ts'
import type { CancelToken } from './task.ts'

export type { BrowsedName, BrowsedPackage, BrowsedRepository, BrowsePage, Publication }

/** Verifies all packages and takes the lock, which is held until the publication is written or released. */
export function preparePublication(
  request: PublishRequest,
  progress?: OnProgress,
  cancel?: CancelToken,
): Promise<Publication> {
  return guardAsync((native) => native.preparePublication(request, progress, cancel))
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
