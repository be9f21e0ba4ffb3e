/** How references inside a repository's documents become addresses, and which schemes a repository may use (file 4). */
import { PeiError } from '../native/errors.ts'
import type { Credentials } from './credentials.ts'

/** Where a repository is, and whether unencrypted transport was allowed for it. */
export interface Location {
  /** Without slash at its end. */
  readonly baseUrl: string
  readonly insecure: boolean
  /** For the hosts that they name. Never printed. */
  readonly credentials?: Credentials | undefined
}

/**
 * Absolute references stay as they are, one that starts with a slash counts from the base, any other from the document
 * that holds it (RFC 3986 §5). Throws PEI_FETCH_SCHEME.
 */
export function resolveReference(reference: string, document: string, location: Location): string {
  const resolved = reference.startsWith('/')
    ? `${location.baseUrl}${reference}`
    : relativeTo(document, reference)
  return checkScheme(resolved, location)
}

/** The same address. Only a repository that is read from files may point at files. Throws PEI_FETCH_SCHEME. */
export function checkScheme(address: string, location: Location): string {
  const protocol = URL.canParse(address) ? new URL(address).protocol : ''
  if (protocol === 'https:') return address
  if (protocol === 'http:' && location.insecure) return address
  if (protocol === 'file:' && isLocal(location.baseUrl)) return address
  const rule = protocol === 'http:' ? ' (http needs allow_insecure_transport)' : ''
  throw new PeiError(
    'PEI_FETCH_SCHEME',
    `the repository at ${location.baseUrl} may not use ${address}${rule}`,
  )
}

export function isLocal(address: string): boolean {
  return /^file:/i.test(address)
}

function relativeTo(document: string, reference: string): string {
  if (URL.canParse(reference, document)) return new URL(reference, document).href
  throw new PeiError('PEI_FETCH_SCHEME', `${document} refers to "${reference}", which is no URL`)
}
