/** The end of every change of a repository: the pages of the browse site are made, then everything is written. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { PublishReport } from '../native/producer.ts'
import { completeDocuments, type Publication, writePrepared } from '../native/publication.ts'
import type { CancelToken, OnProgress } from '../native/task.ts'
import { sitePages } from './site/site.ts'

export interface WriteOptions {
  /** The directory that was read: its index.html says what its pages show. */
  readonly base: string
  readonly site: boolean
}

/** Writes it, or gives it up with its lock. */
export async function writePublication(
  publication: Publication,
  { base, site }: WriteOptions,
  progress: OnProgress,
  cancel: CancelToken,
): Promise<PublishReport> {
  try {
    const complete = () => completeDocuments(publication, progress, cancel)
    const pages = site ? await sitePages(publication, readFront(base), complete) : undefined
    return await writePrepared(publication, pages, cancel)
  } finally {
    publication.release()
  }
}

/** index.html as it is; undefined when there is none, or nothing that could be read. */
function readFront(base: string): string | undefined {
  try {
    return readFileSync(join(base, 'index.html'), 'utf8')
  } catch {
    // Then every page is made anew, which is right whatever the reason was.
    return undefined
  }
}
