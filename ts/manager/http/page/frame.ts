/** What every page has: its head, its policy, the footer. */
import { createHash } from 'node:crypto'
import { type Html, html } from '../../../publisher/site/html.ts'
import { documentOf } from './document.ts'
import { style } from './style.ts'

/** Nothing is loaded from anywhere, nothing runs, nothing is sent; the one style sheet is known by its digest. */
export const policy = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`,
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** A farm's mark: a box with an arrow into it. */
const icon = `data:image/svg+xml,${encodeURIComponent(
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect x="4" y="12" width="24" height="16" rx="3" fill="#3a6ea5"/><path d="M16 3v14m-5-5 5 5 5-5" fill="none" stroke="#dcab62" stroke-width="3" stroke-linecap="round" stroke-linejoin="round"/></svg>',
)}`

export function framed(title: string, main: Html): string {
  const footer = html`<span>peipkg-manager</span><a href="/status">Status as JSON</a><a href="/metrics">Metrics</a><a href="/healthz">Health</a>`
  return documentOf({ title, icon, style, main, footer })
}
