/** The document around a page of a server: its head, a way past the head, the footer. The farm's pages have it too. */
import { type Html, html } from '../../../publisher/site/html.ts'

export interface Parts {
  readonly title: string
  /** A `data:` URL. */
  readonly icon: string
  /** As its digest stands in the policy, and so of `script`. */
  readonly style: string
  readonly script?: string
  /** Before the content. */
  readonly ways?: Html | undefined
  readonly main: Html
  readonly footer: Html
}

export function documentOf({ title, icon, style, script, ways, main, footer }: Parts): string {
  const [sheet, code]: [Html, Html] = [{ html: style }, { html: script ?? '' }]
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<link rel="icon" href="${icon}">
<style>${sheet}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
${ways}
${main}
<footer>${footer}</footer>
${script === undefined ? undefined : html`<script>${code}</script>`}
</body>
</html>
`.html
}
