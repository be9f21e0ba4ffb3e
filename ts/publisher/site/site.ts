/**
 * The browse site of a publication: static pages that any web server can offer. index.html says what the site shows; when that
 * is the publish before this one, only the pages that this one touches are made.
 */
import type { BrowsePage, Publication } from '../../native/publication.ts'
import { assets } from './frame.ts'
import { frontPage } from './front.ts'
import { pageName } from './links.ts'
import { packagePage } from './package-page.ts'

/** Changes with whatever changes pages whose package did not change: then all are made anew. A test holds it to that. */
export const layout = 2

/** Pages that are asked for at once. */
const BATCH = 250

/** `before`: index.html as it is now. `complete` is called when every page is made anew. */
export async function sitePages(
  publication: Publication,
  before: string | undefined,
  complete: () => Promise<void>,
): Promise<BrowsePage[]> {
  const repository = publication.repository()
  const names = publication.names()
  const touched = before?.includes(stampText(repository.before)) === true ? publication.touched() : null
  if (touched === null) await complete()
  const wanted = touched ?? names.map(({ name }) => name)
  const pages = Object.entries(assets).map(([name, text]) => page(`browse/${name}`, text))
  for (let at = 0; at < wanted.length; at += BATCH) {
    for (const shown of publication.packages(wanted.slice(at, at + BATCH))) {
      pages.push(page(`browse/${pageName(shown.name)}`, packagePage(repository, shown)))
    }
  }
  pages.push(page('index.html', frontPage(repository, names, stamp(repository.after))))
  return pages
}

const page = (path: string, text: string): BrowsePage => ({ path, content: Buffer.from(text) })

const stamp = (digest: string): string => `${layout} ${digest}`
const stampText = (digest: string): string => `content="${stamp(digest)}"`
