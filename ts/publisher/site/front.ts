/** The first page: what the repository is, how to add it, all of its packages. */
import type { BrowsedName, BrowsedRepository } from '../../native/publication.ts'
import { anchorSection } from './anchor.ts'
import { formatCount, formatCounted, formatDate } from './format.ts'
import { framed } from './frame.ts'
import { type Html, html } from './html.ts'
import { packageHref } from './links.ts'

export function frontPage(
  repository: BrowsedRepository,
  names: readonly BrowsedName[],
  stamp: string,
): string {
  const { name, description, archiveCount, generatedAt, indexVersion } = repository
  const about = description === '' ? undefined : html`<p class="lead">${description}</p>\n`
  const counts = `${formatCounted(names.length, 'package')}, ${formatCounted(archiveCount, 'version')}`
  return framed({
    title: name,
    description: description === '' ? `The packages of ${name}` : description,
    up: '',
    stamp,
    main: html`<main id="main">
<header>
<h1>${name}</h1>
${about}<p class="quiet">${counts} · published ${formatDate(generatedAt)}</p>
</header>
${anchorSection(repository)}
${list(names)}
</main>`,
    footer: html`Publication ${formatCount(indexVersion)}. The signed index is <a href="index/active.json">index/active.json</a>; this page is made from it and not signed itself.`,
  })
}

/** So many packages need no letters. */
const FEW = 50

function list(names: readonly BrowsedName[]): Html {
  if (names.length === 0) return html`<p class="lead">Nothing is published yet.</p>`
  const groups = names.length < FEW ? [{ letter: '', id: 'packages', names }] : byLetter(names)
  const letters = groups.map(({ letter, id }) => html`<a href="#${id}">${letter}</a>`)
  return html`<form class="search" role="search" hidden data-search>
<input type="search" aria-label="Search packages" placeholder="Search ${formatCounted(names.length, 'package')}" autocomplete="off" autocapitalize="off" spellcheck="false" aria-controls="results">
<p class="quiet" role="status"></p>
</form>
<ul class="packages" id="results" hidden></ul>
<div id="all">
${names.length < FEW ? undefined : html`<nav class="letters" aria-label="First letters">${letters}</nav>`}
${groups.map(group)}
</div>`
}

interface Group {
  readonly letter: string
  readonly id: string
  readonly names: readonly BrowsedName[]
}

function byLetter(names: readonly BrowsedName[]): readonly Group[] {
  const groups = new Map<string, BrowsedName[]>()
  for (const named of names) {
    const first = named.name.charAt(0).toUpperCase()
    const letter = /[A-Z]/.test(first) ? first : '0–9'
    const members = groups.get(letter)
    if (members === undefined) groups.set(letter, [named])
    else members.push(named)
  }
  return [...groups].map(([letter, members]) => ({
    letter,
    id: letter === '0–9' ? 'digits' : `letter-${letter.toLowerCase()}`,
    names: members,
  }))
}

/** `many`: is laid out by the browser when it comes into view. */
function group({ letter, id, names }: Group): Html {
  return html`<section class="group${names.length > 100 ? ' many' : ''}" aria-labelledby="${id}">
<h2 id="${id}">${letter === '' ? 'Packages' : letter}</h2>
<ul class="packages">
${names.map(row)}</ul>
</section>
`
}

function row({ name, version, description }: BrowsedName): Html {
  return html`<li><div><a href="browse/${packageHref(name)}">${name}</a> <span class="mono">${version}</span></div><p>${description}</p></li>
`
}
