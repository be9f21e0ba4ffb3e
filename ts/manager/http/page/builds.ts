/** Builds that ended, as a table. */

import { type Html, html } from '../../../publisher/site/html.ts'
import type { HistoryEntry } from '../../model.ts'
import { ago, span } from './format.ts'
import { logPath, recipePath } from './links.ts'

/** `kept`: the logs that are still there, as `recipe/name`; those of other builds get no link. */
export function buildsTable(entries: readonly HistoryEntry[], kept: ReadonlySet<string>, now: number): Html {
  if (entries.length === 0) return html`<p class="quiet">None yet.</p>`
  return html`<table>
<thead><tr><th scope="col">Recipe</th><th scope="col">Version</th><th scope="col">Result</th><th scope="col">Ended</th><th scope="col">Took</th><th scope="col">Log</th></tr></thead>
<tbody>${entries.map((entry) => row(entry, kept, now))}</tbody>
</table>`
}

function row(entry: HistoryEntry, kept: ReadonlySet<string>, now: number): Html {
  const [started, ended] = [Date.parse(entry.started_at), Date.parse(entry.ended_at)]
  return html`<tr><td><a href="${recipePath(entry.recipe)}">${entry.recipe}</a></td><td class="mono">${entry.version}</td><td>${result(entry)}</td><td class="when" data-name="ended">${Number.isNaN(ended) ? '' : ago(ended, now)}</td><td class="when" data-name="took">${Number.isNaN(ended - started) ? '' : span(ended - started)}</td><td>${log(entry, kept)}</td></tr>
`
}

function result({ result: end, stage, error }: HistoryEntry): Html {
  if (end === 'published') return html`<span class="good">published</span>`
  const where = stage === undefined ? 'failed' : `${stage} failed`
  return html`<span class="bad">${where}</span>${error === undefined ? undefined : html` <span class="quiet">${error}</span>`}`
}

function log({ recipe, log: name }: HistoryEntry, kept: ReadonlySet<string>): Html | undefined {
  if (name === undefined || !kept.has(`${recipe}/${name}`)) return undefined
  return html`<a href="${logPath(recipe, name)}" aria-label="Log of ${recipe}, ${name}">log</a>`
}
