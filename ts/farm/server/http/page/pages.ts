/** The pages for people: the farm as a whole, one execution, what was. */
import { ago, span } from '../../../../manager/http/page/format.ts'
import { formatSize } from '../../../../publisher/site/format.ts'
import { type Html, html } from '../../../../publisher/site/html.ts'
import type { ExecutionView } from '../../../api/execution.ts'
import type { InfoAnswer, WorkerView } from '../../../api/info.ts'

const path = (execution: string): string => `/executions/${encodeURIComponent(execution)}`

const link = ({ execution, job }: ExecutionView): Html => html`<a href="${path(execution)}">${job}</a>`

const when = (time: string | null, now: number): Html | string =>
  time === null ? '–' : ago(Date.parse(time), now)

const tone = ({ result }: ExecutionView): string =>
  result?.kind === 'exited' && result.code === 0 ? 'good' : result?.kind === 'cancelled' ? 'quiet' : 'bad'

export function loginPage(server: string, problem: string): Html {
  return html`<header><p class="over">Build farm</p><h1>${server}</h1></header>
<main id="main">
${problem === '' ? undefined : html`<p class="bad" role="alert">${problem}</p>`}
<form method="post" action="/login">
<p><label for="token">A token of this farm</label></p>
<p><input id="token" name="token" type="password" autocomplete="current-password" required autofocus></p>
<p><button type="submit">Log in</button></p>
</form>
</main>`
}

export function overview(info: InfoAnswer, recent: readonly ExecutionView[], now: number): Html {
  const waiting = info.queues.reduce((sum, { executions }) => sum + executions.length, 0)
  return html`<header><p class="over">Build farm</p><h1>${info.server}</h1></header>
<main id="main" data-often="yes"><div data-live="all">
${attention(info)}
<h2>Running <small>${info.running.length}</small></h2>
${runningTable(info.running, now)}
<h2>Queue <small>${waiting}</small></h2>
${info.queues.map(({ platform, executions }) => queueTable(platform, executions, now))}
${waiting === 0 ? html`<p class="quiet">Nothing waits.</p>` : undefined}
<h2>Recently ended</h2>
${endedTable(recent, now)}
<h2>Workers <small>${info.workers.length}</small></h2>
${workersTable(info.workers, now)}
<h2>Schedule <small>${info.schedule.length}</small></h2>
${scheduleTable(info, now)}
</div></main>`
}

function attention({ problems, dropped_platforms }: InfoAnswer): Html | undefined {
  const items = [
    ...problems.map((problem) => html`<li><b class="bad">Problem:</b> ${problem}</li>`),
    ...dropped_platforms.map((name) => html`<li><b class="warn">Dropped platform:</b> ${name}</li>`),
  ]
  if (items.length === 0) return undefined
  return html`<h2>Needs attention <small>${items.length}</small></h2><ul class="attention">${items}</ul>`
}

function runningTable(running: readonly ExecutionView[], now: number): Html {
  if (running.length === 0) return html`<p class="quiet">Nothing runs.</p>`
  return html`<table><thead><tr><th scope="col">Job</th><th scope="col">Platform</th><th scope="col">Worker</th><th scope="col">Since</th><th scope="col">Log</th></tr></thead>
<tbody>${running.map((view) => {
    const attempt = view.attempts.at(-1)
    return html`<tr><td>${link(view)}</td><td data-name="platform">${view.platform}</td><td data-name="worker">${attempt?.worker ?? ''}</td><td class="when">${when(attempt?.started_at ?? null, now)}</td><td data-name="log">${formatSize(view.log_bytes)}</td></tr>
`
  })}</tbody></table>`
}

function queueTable(platform: string, executions: readonly ExecutionView[], now: number): Html {
  return html`<table><caption class="quiet">${platform}</caption><thead><tr><th scope="col">Job</th><th scope="col">Why it waits</th><th scope="col">Since</th></tr></thead>
<tbody>${executions.slice(0, 200).map((view) => {
    return html`<tr><td>${link(view)}</td><td class="why">${view.reason}</td><td class="when">${when(view.created_at, now)}</td></tr>
`
  })}</tbody></table>${executions.length > 200 ? html`<p class="quiet">and ${executions.length - 200} more</p>` : undefined}`
}

function endedTable(views: readonly ExecutionView[], now: number): Html {
  if (views.length === 0) return html`<p class="quiet">Nothing has ended yet.</p>`
  return html`<table><thead><tr><th scope="col">Job</th><th scope="col">Platform</th><th scope="col">Result</th><th scope="col">Ended</th></tr></thead>
<tbody>${views.map((view) => {
    return html`<tr><td>${link(view)}</td><td data-name="platform">${view.platform}</td><td class="${tone(view)}">${view.result_text}</td><td class="when">${when(view.ended_at, now)}</td></tr>
`
  })}</tbody></table>`
}

function workersTable(workers: readonly WorkerView[], now: number): Html {
  if (workers.length === 0) return html`<p class="quiet">None has connected yet.</p>`
  return html`<table><thead><tr><th scope="col">Worker</th><th scope="col">State</th><th scope="col">Platforms</th><th scope="col">Seen</th></tr></thead>
<tbody>${workers.map(({ worker, state, platforms, last_seen, sandboxes, architecture }) => {
    const text = html`${platforms.join(', ')} <span class="quiet">${architecture}; ${sandboxes.join(', ')}</span>`
    return html`<tr><td>${worker}</td><td class="${state === 'lost' ? 'bad' : ''}">${state}</td><td>${text}</td><td class="when">${when(last_seen, now)}</td></tr>
`
  })}</tbody></table>`
}

function scheduleTable({ schedule }: InfoAnswer, now: number): Html {
  if (schedule.length === 0) return html`<p class="quiet">There are no jobs.</p>`
  return html`<table><thead><tr><th scope="col">Job</th><th scope="col">Kind</th><th scope="col">Runs</th><th scope="col">Next</th><th scope="col">Last result</th></tr></thead>
<tbody>${schedule.map((job) => {
    const runs = job.cron === '' ? job.period : job.cron
    return html`<tr><td>${job.job}</td><td data-name="kind">${job.kind}</td><td data-name="runs">${runs}</td><td class="when" data-name="next">${when(job.next_run, now)}</td><td>${job.last_result}</td></tr>
`
  })}</tbody></table>`
}

export function historyPage(views: readonly ExecutionView[], next: string | null, now: number): Html {
  return html`<header><h1>History</h1></header>
<main id="main">
${endedTable(views, now)}
${next === null ? undefined : html`<p><a href="/history?before=${encodeURIComponent(next)}">Older</a></p>`}
</main>`
}

export function executionPage(view: ExecutionView, now: number): Html {
  const { execution, job, kind, platform, state, reason, artifacts, attempts, published } = view
  const over = state === 'ended'
  const took =
    view.started_at !== null && view.ended_at !== null
      ? Date.parse(view.ended_at) - Date.parse(view.started_at)
      : 0
  const events = `/api/v1/executions/${encodeURIComponent(execution)}`
  const pairs: readonly (readonly [string, Html | string])[] = [
    ['State', over ? html`<span class="${tone(view)}">${view.result_text}</span>` : state],
    ['Why it waits', reason],
    ['Platform', platform],
    ['Kind', kind],
    ['Created', when(view.created_at, now)],
    ['Started', view.started_at === null ? '' : when(view.started_at, now)],
    ['Took', took > 0 ? span(took) : ''],
    ['Published', published.join(', ')],
    ...attempts.map(({ number, worker, result, sandbox }) => {
      const end = result === null ? 'runs' : 'reason' in result ? result.reason : result.kind
      return [`Attempt ${number}`, `on ${worker}${sandbox === '' ? '' : ` (${sandbox})`}: ${end}`] as const
    }),
  ]
  return html`<header><p class="over mono">${execution}</p><h1>${job}</h1></header>
<main id="main">
<div data-live="facts"><dl class="pairs">${pairs
    .filter(([, value]) => value !== '')
    .map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>
${over ? undefined : html`<form method="post" action="${path(execution)}/cancel"><p><button type="submit">Cancel</button></p></form>`}
<h2>Artifacts <small>${artifacts.length}</small></h2>
${artifactsTable(events, view)}</div>
<h2>Log <small><a href="${events}/log">as a file</a></small></h2>
${view.kept ? html`<pre class="log" tabindex="0" aria-label="Log" data-events="${events}/events"></pre>` : html`<p class="quiet">It is not kept any more.</p>`}
</main>`
}

function artifactsTable(base: string, { artifacts }: ExecutionView): Html {
  if (artifacts.length === 0) return html`<p class="quiet">None.</p>`
  return html`<table><thead><tr><th scope="col">Name</th><th scope="col">SHA-256</th><th scope="col" class="number">Size</th></tr></thead>
<tbody>${artifacts.map(({ name, bytes, sha256 }) => {
    const to = `${base}/artifacts/${encodeURIComponent(name)}`
    return html`<tr><td><a class="mono" href="${to}">${name}</a></td><td class="mono">${sha256}</td><td class="number">${formatSize(bytes)}</td></tr>
`
  })}</tbody></table>`
}
