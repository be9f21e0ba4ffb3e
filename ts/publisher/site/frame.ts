/** What every page has: its head, its policy, the way back, the footer. */
import { createHash } from 'node:crypto'
import { type Html, html } from './html.ts'
import { script } from './script.ts'
import { style } from './style.ts'

export interface Frame {
  /** Of the window and of bookmarks. */
  readonly title: string
  readonly description: string
  /** From this page to the repository's directory: `` or `../`. */
  readonly up: string
  /** What the site shows, on the first page only: the next publish goes on from there. */
  readonly stamp?: string
  readonly main: Html
  readonly footer: Html
}

/** Nothing but what lies beside the page is loaded, and nothing in it runs or is sent anywhere. */
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'"

/** An eight-pointed seal, in the colour of the links. */
const icon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect x="7" y="7" width="18" height="18" rx="3" fill="#3a6ea5"/><rect x="7" y="7" width="18" height="18" rx="3" fill="#3a6ea5" transform="rotate(45 16 16)"/><path d="m10.5 16.5 4 4 7.500-8.500" fill="none" stroke="#fff" stroke-width="2.600" stroke-linecap="round" stroke-linejoin="round"/></svg>\n`

/** Name below `browse/` → content. */
export const assets: Readonly<Record<string, string>> = {
  'icon.svg': icon,
  'site.css': style,
  'site.js': script,
}

/** A page names its assets with their digests, so that browsers may keep them and never mix two generations. */
const versionOf = (name: string): string =>
  createHash('sha256')
    .update(assets[name] as string)
    .digest('hex')
    .slice(0, 12)
const versions = Object.fromEntries(Object.keys(assets).map((name) => [name, versionOf(name)]))

export function framed(frame: Frame): string {
  const asset = (name: string) => `${frame.up}browse/${name}?v=${versions[name]}`
  const stamp =
    frame.stamp === undefined ? undefined : html`<meta name="peipkg-site" content="${frame.stamp}">\n`
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
${stamp}<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<meta name="description" content="${frame.description}">
<title>${frame.title}</title>
<link rel="icon" href="${asset('icon.svg')}">
<link rel="stylesheet" href="${asset('site.css')}">
<script src="${asset('site.js')}" defer></script>
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
${frame.main}
<footer>${frame.footer}</footer>
</body>
</html>
`.html
}

/** A line to be copied; the button is there for those with JavaScript only. */
export function copyable(line: Html, label: string): Html {
  return html`<div class="copy"><pre><code>${line}</code></pre><button type="button" hidden data-copy aria-label="${label}">Copy</button></div>`
}
