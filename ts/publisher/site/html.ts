/** HTML from templates: every value is escaped unless it is HTML already. */

import { escapeText } from '../../native/escape.ts'

/** Text that is HTML; made by `html` only. */
export interface Html {
  readonly html: string
}

type Value = string | number | Html | readonly Html[] | undefined

/** A template whose values are escaped, in text and in double-quoted attributes alike. */
export function html(texts: TemplateStringsArray, ...values: readonly Value[]): Html {
  let written = texts[0] as string
  for (const [place, value] of values.entries()) written += write(value) + texts[place + 1]
  return { html: written }
}

function write(value: Value): string {
  if (value === undefined) return ''
  if (typeof value === 'string') return escapeHtml(value)
  if (typeof value === 'number') return String(value)
  if ('html' in value) return value.html
  return value.map((part) => part.html).join('')
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Foreign text for a page: no markup, no control characters, nothing that reorders its line. */
function escapeHtml(text: string): string {
  return escapeText(text).replace(/[&<>"']/g, (character) => entities[character] as string)
}
