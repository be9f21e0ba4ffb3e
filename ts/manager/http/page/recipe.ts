/** The page of one recipe: what it watches, what was built, the logs that are kept. */
import { formatGoDuration } from '../../../config/duration.ts'
import { formatCounted, formatSize } from '../../../publisher/site/format.ts'
import { type Html, html } from '../../../publisher/site/html.ts'
import type { BuildLog, HistoryEntry, Recipe, StatusSnapshot } from '../../model.ts'
import { buildsTable } from './builds.ts'
import { ago } from './format.ts'
import { logPath } from './links.ts'

export interface RecipeData {
  readonly recipe: Recipe
  readonly status: StatusSnapshot
  readonly history: readonly HistoryEntry[]
  readonly logs: readonly BuildLog[]
  readonly now: number
}

export function recipePage({ recipe, status, history, logs, now }: RecipeData): Html {
  const problem = status.problems.get(recipe.id)
  const kept = new Set(logs.map(({ name }) => `${recipe.id}/${name}`))
  return html`<header><a class="back" href="/">← ${status.farmId}</a><h1>${recipe.id}</h1></header>
<main id="main">
${problem === undefined ? undefined : html`<p class="bad">${problem}</p>`}
<dl class="pairs">${pairs(recipe, status, now)}</dl>
<h2>Builds</h2>
${buildsTable(history, kept, now)}
<h2>Logs <small>${logs.length}</small></h2>
${logsTable(recipe, logs, now)}
</main>`
}

function pairs(recipe: Recipe, status: StatusSnapshot, now: number): readonly Html[] {
  const poll = status.polls.get(recipe.id)
  const failing = [...status.failures].filter(([key]) => key.slice(0, key.lastIndexOf('@')) === recipe.id)
  const given: readonly (readonly [string, Html | string])[] = [
    ['Upstream', recipe.git],
    ['Tag pattern', recipe.tagPattern],
    ['Minimum', recipe.minVersion],
    ['Revision', String(recipe.peiosRevision)],
    ['Polled every', recipe.pollInterval === undefined ? '' : formatGoDuration(recipe.pollInterval)],
    ['Webhooks', recipe.githubWebhook ? 'accepted' : 'not accepted'],
    ['Packages', recipe.packages.map(({ name }) => name).join(', ')],
    ['Last poll', poll === undefined ? '' : ago(poll.at, now)],
    ['Poll failed', poll?.error ?? ''],
    ...failing.map(([key, { failures, nextRetry }]) => {
      const text = html`${key.slice(key.lastIndexOf('@') + 1)}, ${formatCounted(failures, 'time')} in a row; next try ${nextRetry > now ? ago(nextRetry, now) : 'at the next poll'}`
      return ['Failing', text] as const
    }),
  ]
  return given
    .filter(([, value]) => value !== '')
    .map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)
}

function logsTable(recipe: Recipe, logs: readonly BuildLog[], now: number): Html {
  if (logs.length === 0) return html`<p class="quiet">None are kept.</p>`
  return html`<table>
<thead><tr><th scope="col">Version</th><th scope="col">Started</th><th scope="col" class="number">Size</th></tr></thead>
<tbody>${logs.map(({ name, version, bytes, startedAt }) => {
    return html`<tr><td><a class="mono" href="${logPath(recipe.id, name)}">${version}</a></td><td class="when">${ago(startedAt, now)}</td><td class="number">${formatSize(bytes)}</td></tr>
`
  })}</tbody>
</table>`
}
