/** A package's page: how to install it, what it is made of, what it needs and what needs it. */
import type { BrowsedPackage, BrowsedRepository } from '../../native/publication.ts'
import { formatCount, formatCounted, formatDate, formatSize } from './format.ts'
import { copyable, framed } from './frame.ts'
import { type Html, html } from './html.ts'
import { fileHref, referenceHref, webHref } from './links.ts'
import { dependentSections, relationSections } from './relations.ts'

type Version = BrowsedPackage['versions'][number]

/** `repository`: of its parts only the name, so that a publish of one package changes few pages. */
export function packagePage(
  { name: repository }: Pick<BrowsedRepository, 'name'>,
  shown: BrowsedPackage,
): string {
  const { name, description } = shown
  const current = shown.versions[shown.current] as Version
  const lead = description === '' ? undefined : html`<p class="lead">${description}</p>\n`
  return framed({
    title: `${name} · ${repository}`,
    description: description === '' ? `The package ${name}` : description,
    up: '../',
    main: html`<main id="main">
<a class="back" href="../index.html">← ${repository}</a>
<h1>${name} <span class="version">${current.version}</span></h1>
${lead}${copyable(html`peipkg install ${name}`, `Copy the line that installs ${name}`)}
${facts(shown, current)}
${relationSections(shown)}
${dependentSections(shown)}
${files(shown, current)}
${versions(shown)}
</main>`,
    footer: html`Made from the signed index when this was published, and not signed itself. <code>peipkg</code> verifies what it installs.`,
  })
}

function facts(shown: BrowsedPackage, current: Version): Html {
  const { license, homepage, sideEffects, sourceRef } = shown
  const home = webHref(homepage)
  const download = referenceHref(current.url)
  const rows: readonly (readonly [string, Html | undefined])[] = [
    ['Licence', text(license)],
    [
      'Homepage',
      home === undefined
        ? text(homepage)
        : html`<a href="${home}" rel="noopener noreferrer nofollow">${homepage}</a>`,
    ],
    ['Architecture', text(current.architecture)],
    [
      'Size',
      html`${formatSize(current.sizeInstalled)} installed, ${formatSize(current.sizeCompressed)} to download`,
    ],
    [
      'Built',
      current.built === undefined
        ? undefined
        : html`<time datetime="${current.built}">${formatDate(current.built)}</time>${current.farmId === '' ? undefined : html` by <span class="mono">${current.farmId}</span>`}`,
    ],
    ['Source', sourceRef === undefined ? undefined : mono(sourceRef)],
    ['After install', sideEffects.length === 0 ? undefined : mono(sideEffects.join(', '))],
    [
      'Package',
      download === undefined
        ? mono(current.filename)
        : html`<a class="mono" href="${download}">${current.filename}</a>`,
    ],
    ['SHA-256', mono(current.sha256)],
  ]
  return html`<dl>${rows.map(([term, value]) => (value === undefined ? html`` : html`<dt>${term}</dt><dd>${value}</dd>`))}</dl>`
}

const text = (value: string): Html | undefined => (value === '' ? undefined : html`${value}`)
const mono = (value: string): Html | undefined =>
  value === '' ? undefined : html`<span class="mono">${value}</span>`

/** So many files are shown at once; more only when asked for. */
const OPEN = 40

function files({ files: listed, fileCount }: BrowsedPackage, { documents }: Version): Html {
  if (fileCount === undefined) return html``
  const rows = listed.map(
    ({ path, size }) =>
      html`<tr><td class="mono">/${path}</td><td class="number quiet">${formatSize(size)}</td></tr>\n`,
  )
  const rest = fileCount - listed.length
  const whole =
    documents === undefined
      ? undefined
      : html` <a href="${fileHref(`${documents}files.json`)}">files.json</a> has all of them.`
  const more = rest > 0 ? html`<p class="quiet">And ${formatCount(rest)} more.${whole}</p>` : undefined
  const table = html`<table class="files"><tbody>
${rows}</tbody></table>${more}`
  const heading = html`<h2 id="files">Files <small>${formatCount(fileCount)}</small></h2>`
  if (fileCount === 0) return html`${heading}<p class="quiet">This package holds no files.</p>`
  if (fileCount <= OPEN) return html`${heading}${table}`
  return html`${heading}<details><summary>Show ${formatCounted(fileCount, 'file')}</summary>${table}</details>`
}

function versions({ versions: listed }: BrowsedPackage): Html {
  const rows = listed.map((version) => {
    const { documents, built } = version
    const download = referenceHref(version.url)
    const name =
      download === undefined
        ? html`${version.version}`
        : html`<a href="${download}" title="${version.filename}">${version.version}</a>`
    const details =
      documents === undefined
        ? undefined
        : html`<a href="${fileHref(`${documents}manifest.json`)}">manifest</a> · <a href="${fileHref(`${documents}files.json`)}">files</a>`
    return html`<tr><td class="mono">${name}</td><td>${version.architecture}</td><td class="quiet">${built === undefined ? '' : formatDate(built)}</td><td>${details}</td><td class="number">${formatSize(version.sizeCompressed)}</td></tr>\n`
  })
  return html`<h2 id="versions">Versions <small>${formatCount(listed.length)}</small></h2>
<table class="versions"><thead><tr><th scope="col">Version</th><th scope="col">Architecture</th><th scope="col">Built</th><th scope="col">Details</th><th scope="col" class="number">Download</th></tr></thead><tbody>
${rows}</tbody></table>`
}
