/** Where the links of the pages lead. All are relative: the repository does not know its address. */

/** A package's page, from another one. */
export function packageHref(name: string): string {
  return encodeURIComponent(pageName(name))
}

/** The file of a package's page in `browse/`. */
export function pageName(name: string): string {
  return `${name}.html`
}

/** A reference of the index, from a page in `browse/`; undefined when a browser should not follow it. */
export function referenceHref(reference: string): string | undefined {
  if (/^[a-z][a-z0-9+.-]*:/i.test(reference)) return webHref(reference)
  return reference.startsWith('/') ? `..${reference}` : `../index/${reference}`
}

/** A foreign address, when it is one of the web: no script, no data, no file. */
export function webHref(address: string): string | undefined {
  return /^https?:\/\/[^/]/i.test(address) ? address : undefined
}

/** A file below the repository, from a page in `browse/`. */
export function fileHref(path: string): string {
  return `../${path.split('/').map(encodeURIComponent).join('/')}`
}
