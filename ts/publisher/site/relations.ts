/** What a package needs, what needs it, and what it does not go with. */
import type { BrowsedPackage } from '../../native/publication.ts'
import { formatCount } from './format.ts'
import { type Html, html } from './html.ts'
import { packageHref } from './links.ts'

type Relation = BrowsedPackage['relations'][number]
type Dependent = BrowsedPackage['dependents'][number]

/** Longer lists are shown when asked for. */
const OPEN = 60

export function relationSections({ relations, provides }: BrowsedPackage): Html {
  const of = (kind: Relation['kind']) =>
    relations.filter((relation) => relation.kind === kind).map(relationItem)
  const provided = provides.map(
    ({ name, version }) =>
      html`<li>${name}${version === undefined ? undefined : html`<span class="quiet">${version}</span>`}</li>`,
  )
  return html`${section('Needs', of('dependency'))}${section('Works better with', of('optional'))}${section('Provides', provided)}${section('Conflicts with', of('conflict'))}${section('Replaces', of('replaces'))}`
}

export function dependentSections({ name, dependents }: BrowsedPackage): Html {
  const of = (optional: boolean) =>
    dependents.filter((dependent) => dependent.optional === optional).map((one) => dependentItem(name, one))
  return html`${section('Needed by', of(false))}${section('Makes better', of(true))}`
}

function section(title: string, items: readonly Html[]): Html {
  if (items.length === 0) return html``
  const heading = html`<h2>${title} <small>${formatCount(items.length)}</small></h2>`
  const list = html`<ul class="relations">${items}</ul>`
  if (items.length <= OPEN) return html`${heading}${list}`
  return html`${heading}<details><summary>Show all ${formatCount(items.length)}</summary>${list}</details>`
}

/** Linked to the package of that name, else to those that provide it, else the name alone. */
function relationItem({ name, constraint, targets }: Relation): Html {
  const version = constraint === undefined ? undefined : html`<span class="quiet">${constraint}</span>`
  if (targets.length === 1 && targets[0] === name) return html`<li>${link(name)}${version}</li>`
  const providers = targets.map((target, place) => html`${place === 0 ? '' : ', '}${link(target)}`)
  const note =
    targets.length === 0
      ? html`<span class="quiet">not in this repository</span>`
      : html`<span class="quiet">from ${providers}</span>`
  return html`<li>${name}${version}${note}</li>`
}

function dependentItem(own: string, { name, needs, constraint }: Dependent): Html {
  const asked = [needs === own ? '' : needs, constraint ?? ''].filter((part) => part !== '').join(' ')
  return html`<li>${link(name)}${asked === '' ? undefined : html`<span class="quiet">${asked}</span>`}</li>`
}

const link = (name: string): Html => html`<a href="${packageHref(name)}">${name}</a>`
