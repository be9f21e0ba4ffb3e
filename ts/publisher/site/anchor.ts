/** The trust anchors of a repository, and the line that adds it. */
import type { BrowsedRepository } from '../../native/publication.ts'
import { formatDate, groupFingerprint } from './format.ts'
import { copyable } from './frame.ts'
import { type Html, html } from './html.ts'

type Key = BrowsedRepository['keys'][number]

/** How to add the repository, and what to compare before trusting it. */
export function anchorSection(repository: BrowsedRepository): Html {
  const keys = acceptedKeys(repository)
  const anchors = keys.map(({ fingerprint }) => html` --anchor ${fingerprint}`)
  const address = html`<span data-address>ADDRESS</span>`
  const line = html`peipkg repo add ${localName(repository.name)} ${address}${anchors}`
  return html`<section class="card" aria-labelledby="add">
<h2 id="add">Add this repository</h2>
${copyable(line, 'Copy the line that adds this repository')}
<p class="quiet" data-without-script>ADDRESS is the address of this page, without anything after its last slash.</p>
<p class="quiet">${keys.length === 1 ? 'The key that signs' : 'The keys that sign'} this repository. Compare the fingerprint with one that you got elsewhere: whoever could change this page could change what it says here.</p>
<ul class="keys">${keys.map(keyItem)}</ul>
</section>`
}

/** What is accepted when the page is written; a window that is over takes its key off the page with the next publish. */
function acceptedKeys({ keys, generatedAt }: BrowsedRepository): readonly Key[] {
  const open = ({ validUntil }: Key) => validUntil === undefined || validUntil >= generatedAt
  return keys.filter((key) => key.status === 'active' || (key.status === 'transitioning' && open(key)))
}

function keyItem({ fingerprint, status, validUntil }: Key): Html {
  const text = validUntil === undefined ? status : `being replaced, accepted until ${formatDate(validUntil)}`
  return html`<li><span class="print">${groupFingerprint(fingerprint)}</span><span class="tag ${status}">${text}</span></li>`
}

/** A name for the consumer's configuration: lower case, digits, dashes (file 4). */
function localName(name: string): string {
  const plain = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 64)
  return plain === '' ? 'repository' : plain
}
