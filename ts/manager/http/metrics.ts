/** `GET /metrics` in the text format of Prometheus; loaded with the first scrape. */
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import type { StatusSnapshot } from '../model.ts'
import type { WebhookCounts } from './webhook-counts.ts'

export interface Metrics {
  readonly contentType: string
  text(): Promise<string>
}

/** What is measured is looked up at each scrape. */
export function createMetrics(look: () => StatusSnapshot, webhooks: WebhookCounts): Metrics {
  const registry = new Registry()
  registry.setDefaultLabels({ farm: look().farmId })
  collectDefaultMetrics({ register: registry })
  let status = look()
  const totals: readonly [string, string, () => number][] = [
    [
      'builds_attempted',
      'Builds that were started, since the process started.',
      () => status.buildsAttempted,
    ],
    [
      'builds_succeeded',
      'Builds that were published, since the process started.',
      () => status.buildsSucceeded,
    ],
  ]
  for (const [name, help, value] of totals) {
    addCounter(registry, `${name}_total`, help, [], (counter) => counter.inc(value()))
  }
  for (const [name, help, value] of gauges) {
    addGauge(registry, name, help, [], (gauge) => {
      const found = value(status)
      if (found !== undefined) gauge.set(found)
    })
  }
  addPolls(registry, () => status)
  addGauge(
    registry,
    'build_failures',
    'Failures in a row of a version that is being put off.',
    ['recipe', 'version'],
    (gauge) => {
      for (const [key, { failures }] of status.failures) {
        const [, recipe = key, version = ''] = /^(.*)@([^@]*)$/.exec(key) ?? []
        gauge.set({ recipe, version }, failures)
      }
    },
  )
  addGauge(
    registry,
    'recipe_skipped',
    '1 for a recipe that breaks a rule and is not watched.',
    ['recipe'],
    (gauge) => {
      for (const recipe of status.problems.keys()) gauge.set({ recipe }, 1)
    },
  )
  addCounter(
    registry,
    'webhooks_total',
    'Webhooks by forge and by how they were answered.',
    ['forge', 'result'],
    (counter) => {
      for (const { forge, result, count } of webhooks.all()) counter.inc({ forge, result }, count)
    },
  )
  return {
    contentType: registry.contentType,
    async text() {
      status = look()
      return await registry.metrics()
    },
  }
}

const seconds = (milliseconds: number | undefined): number | undefined =>
  milliseconds === undefined ? undefined : milliseconds / 1000

/** Without a value a gauge has no sample. */
const gauges: readonly [string, string, (status: StatusSnapshot) => number | undefined][] = [
  ['recipes', 'Recipes that are loaded.', (status) => status.recipes.length],
  ['build_in_flight', '1 while a build is under way.', (status) => (status.inFlight === undefined ? 0 : 1)],
  [
    'build_started_timestamp_seconds',
    'When the build under way was started.',
    (status) => seconds(status.inFlight?.startedAt),
  ],
  ['queued_triggers', 'Tags that wait to be looked at or built.', (status) => status.queued],
  [
    'upload_pending',
    '1 while something is published and not uploaded.',
    (status) => (status.uploadPending === undefined ? 0 : 1),
  ],
  ['upload_failures', 'Failed uploads in a row.', (status) => status.uploadPending?.failures ?? 0],
  [
    'last_publish_timestamp_seconds',
    'When the index of the repository was made.',
    (status) => seconds(status.lastPublish),
  ],
]

function addPolls(registry: Registry, status: () => StatusSnapshot): void {
  addGauge(
    registry,
    'last_poll_timestamp_seconds',
    'When the last poll of a recipe ended.',
    ['recipe'],
    (gauge) => {
      for (const [recipe, { at }] of status().polls) gauge.set({ recipe }, at / 1000)
    },
  )
  addGauge(registry, 'last_poll_failed', '1 when the last poll of a recipe failed.', ['recipe'], (gauge) => {
    for (const [recipe, { error }] of status().polls) gauge.set({ recipe }, error === undefined ? 0 : 1)
  })
}

function addGauge(
  registry: Registry,
  name: string,
  help: string,
  labelNames: readonly string[],
  fill: (gauge: Gauge) => void,
): void {
  const gauge: Gauge = new Gauge({
    name: `peipkg_manager_${name}`,
    help,
    labelNames,
    registers: [registry],
    collect() {
      gauge.reset()
      if (labelNames.length === 0) gauge.remove()
      fill(gauge)
    },
  })
}

function addCounter(
  registry: Registry,
  name: string,
  help: string,
  labelNames: readonly string[],
  fill: (counter: Counter) => void,
): void {
  const counter: Counter = new Counter({
    name: `peipkg_manager_${name}`,
    help,
    labelNames,
    registers: [registry],
    collect() {
      counter.reset()
      fill(counter)
    },
  })
}
