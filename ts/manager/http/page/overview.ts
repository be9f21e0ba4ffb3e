/** The first page: what `/status` says, for people. */

import { formatCounted } from '../../../publisher/site/format.ts'
import { type Html, html } from '../../../publisher/site/html.ts'
import type { HistoryEntry, Recipe, Roster, StatusSnapshot } from '../../model.ts'
import { buildsTable } from './builds.ts'
import { ago, span } from './format.ts'
import { logPath, recipePath } from './links.ts'

export interface OverviewData {
  readonly status: StatusSnapshot
  readonly roster: Roster
  readonly recent: readonly HistoryEntry[]
  /** Logs that are there, as `recipe/name`. */
  readonly keptLogs: ReadonlySet<string>
  readonly now: number
}

export function overview(data: OverviewData): Html {
  const { status, roster, recent, keptLogs, now } = data
  return html`<header><p class="over">Build farm</p><h1>${status.farmId}</h1><p class="lead">${doing(status, now)}</p></header>
<main id="main">
${facts(status, roster, now)}
${attention(status, now)}
<h2>Recent builds</h2>
${buildsTable(recent, keptLogs, now)}
<h2>Recipes <small>${roster.recipes.length}</small></h2>
${recipesTable(roster, status, now)}
</main>`
}

function doing({ inFlight, queued }: StatusSnapshot, now: number): Html {
  if (inFlight === undefined)
    return html`${queued === 0 ? 'Idle.' : `${formatCounted(queued, 'tag')} to look at.`}`
  const { recipe, version, startedAt, log } = inFlight
  const link = log === undefined ? undefined : html`, <a href="${logPath(recipe, log)}">see its log</a>`
  return html`Building <a href="${recipePath(recipe)}">${recipe}</a> <span class="mono">${version}</span> for ${span(now - startedAt)}${link}.`
}

function facts(status: StatusSnapshot, roster: Roster, now: number): Html {
  const watched = roster.recipes.filter(({ pattern }) => pattern !== undefined).length
  const fact = (name: string, value: Html | string | number, more: Html | string = '') =>
    html`<div><dt>${name}</dt><dd>${value}${more === '' ? undefined : html`<small>${more}</small>`}</dd></div>`
  return html`<dl class="facts">${[
    fact('Recipes', roster.recipes.length, `${watched} watched`),
    fact(
      'Builds',
      `${status.buildsSucceeded} of ${status.buildsAttempted}`,
      html`published since the start ${ago(status.startedAt, now)}`,
    ),
    fact('Waiting', status.queued, status.queued === 1 ? 'tag' : 'tags'),
    fact('Last publication', status.lastPublish === undefined ? '–' : ago(status.lastPublish, now)),
  ]}</dl>`
}

/** What a person should look at; nothing when there is nothing. */
function attention(status: StatusSnapshot, now: number): Html | undefined {
  const items = [
    ...[...status.problems].map(([recipe, why]) => {
      return html`<li><b class="bad">Not watched:</b> <a href="${recipePath(recipe)}">${recipe}</a><span class="why">${why}</span></li>`
    }),
    ...[...status.failures].map(([key, { failures, nextRetry }]) => {
      const recipe = key.slice(0, key.lastIndexOf('@'))
      const next =
        nextRetry > now
          ? html`next try ${ago(nextRetry, now)}, when it is polled again`
          : html`next try at the next poll`
      return html`<li><b class="bad">Failing:</b> <a href="${recipePath(recipe)}">${key}</a>, ${formatCounted(failures, 'time')} in a row; ${next}</li>`
    }),
    ...[...status.polls].flatMap(([recipe, { at, error }]) => {
      if (error === undefined) return []
      return html`<li><b class="warn">Upstream not reached:</b> <a href="${recipePath(recipe)}">${recipe}</a>, ${ago(at, now)}<span class="why">${error}</span></li>`
    }),
    ...uploads(status, now),
  ]
  if (items.length === 0) return undefined
  return html`<h2>Needs attention <small>${items.length}</small></h2><ul class="attention">${items}</ul>`
}

function uploads({ uploadPending: pending }: StatusSnapshot, now: number): readonly Html[] {
  if (pending === undefined) return []
  const next = pending.nextRetry === undefined ? undefined : html`; next try ${ago(pending.nextRetry, now)}`
  return [
    html`<li><b class="warn">Upload pending:</b> ${formatCounted(pending.failures, 'failure')} in a row${next}</li>`,
  ]
}

function recipesTable(roster: Roster, status: StatusSnapshot, now: number): Html {
  if (roster.recipes.length === 0)
    return html`<p class="quiet">There are none in the configured directory.</p>`
  return html`<table class="recipes">
<thead><tr><th scope="col">Recipe</th><th scope="col">Upstream</th><th scope="col">Last poll</th></tr></thead>
<tbody>${roster.recipes.map((recipe) => recipeRow(recipe, status, now))}</tbody>
</table>`
}

function recipeRow(recipe: Recipe, status: StatusSnapshot, now: number): Html {
  const poll = status.polls.get(recipe.id)
  const state =
    poll === undefined
      ? html`<span class="quiet">${recipe.pattern === undefined ? 'not watched' : 'not yet'}</span>`
      : poll.error === undefined
        ? ago(poll.at, now)
        : html`<span class="warn">failed</span> ${ago(poll.at, now)}`
  return html`<tr><td><a href="${recipePath(recipe.id)}">${recipe.id}</a></td><td class="mono">${recipe.git}</td><td class="when" data-name="polled">${state}</td></tr>
`
}
