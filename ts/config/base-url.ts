/** What a repository's base URL may be (file 4). */
import { PeiError } from '../native/errors.ts'

/**
 * The URL without slash at its end. `https`, `file:///absolute`, and `http` only where `insecure` allows it; no user
 * information, query or fragment. `permission`: what would allow http. Throws PEI_CONFIG_INVALID.
 */
export function checkBaseUrl(
  text: string,
  insecure: boolean,
  permission = 'allow_insecure_transport = true',
): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined) throw invalid(text, 'is no absolute URL')
  if (url.username !== '' || url.password !== '') {
    throw invalid(text.replace(/\/\/[^@/]*@/, '//…@'), 'carries credentials')
  }
  if (url.search !== '' || url.hash !== '') throw invalid(text, 'has a query or a fragment')
  if (url.protocol === 'file:') {
    if (!/^file:\/\/\//i.test(text)) throw invalid(text, 'must be file:///absolute/path')
  } else if (url.protocol === 'http:') {
    if (!insecure) throw invalid(text, `is not encrypted (use https, or give ${permission})`)
  } else if (url.protocol !== 'https:') {
    throw invalid(text, 'must begin with https://, file:/// or, where allowed, http://')
  }
  return text.replace(/\/+$/, '')
}

function invalid(text: string, what: string): PeiError {
  return new PeiError('PEI_CONFIG_INVALID', `the base URL "${text}" ${what}`)
}
