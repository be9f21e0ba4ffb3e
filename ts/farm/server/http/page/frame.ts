/** What every page has: its head, its policy, the ways around, the footer. */
import { createHash } from 'node:crypto'
import { documentOf } from '../../../../manager/http/page/document.ts'
import { style as shared } from '../../../../manager/http/page/style.ts'
import { type Html, html } from '../../../../publisher/site/html.ts'
import { script } from './script.ts'

/** What only this page has; the rest is the manager's. */
const style = `${shared}
nav { display: flex; flex-wrap: wrap; gap: .2rem 1.2rem; margin-bottom: 1.2rem; font-size: .95rem; }
nav { align-items: center; } form.inline { display: inline; }
caption { display: table-caption; text-align: left; padding: .9rem 0 .2rem; white-space: nowrap; }
button, input { font: inherit; font-size: .95rem; min-height: 2.75rem; border: 1px solid var(--line); border-radius: 8px; color: var(--text); background: var(--raised); padding: 0 1rem; }
button { cursor: pointer; color: var(--link); } button:hover { border-color: var(--accent); }
input { width: 100%; max-width: 30rem; }
pre.log { margin: .8rem 0; padding: .8rem 1rem; max-height: 70vh; overflow: auto; background: var(--sunken); border: 1px solid var(--line); border-radius: 8px; font: .85rem/1.5 var(--mono); white-space: pre-wrap; overflow-wrap: anywhere; }
td:first-child { min-width: 6rem; }
.why { color: var(--quiet); font-size: .9rem; }
`

const digest = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`

/** Nothing is loaded from elsewhere; the one script and the one style sheet are known by their digests. */
export const policy = [
  "default-src 'none'",
  `style-src ${digest(style)}`,
  `script-src ${digest(script)}`,
  "connect-src 'self'",
  'img-src data:',
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ')

/** Sheaves in a field. */
const icon = `data:image/svg+xml,${encodeURIComponent(
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect x="3" y="18" width="26" height="10" rx="3" fill="#3a6ea5"/><path d="M9 18V6m7 12V3m7 15V6" stroke="#dcab62" stroke-width="3" stroke-linecap="round"/></svg>',
)}`

export function framed(title: string, main: Html, known = true): string {
  const ways = html`<nav><a href="/">Farm</a><a href="/history">History</a><form class="inline" method="post" action="/logout"><button type="submit">Log out</button></form></nav>`
  const footer = html`<span>peipkg-farm</span><a href="/api/v1/openapi.json">API</a><a href="/metrics">Metrics</a><a href="/healthz">Health</a>`
  return documentOf({ title, icon, style, script, ways: known ? ways : undefined, main, footer })
}
