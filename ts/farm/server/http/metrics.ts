/** `GET /metrics` in the text format of Prometheus; loaded with the first scrape. */
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import type { Context } from '../context.ts'
import { workerViews } from '../views.ts'

const registries = new WeakMap<Context, Registry>()

export async function metricsText(
  context: Context,
): Promise<{ readonly type: string; readonly text: string }> {
  const registry = registries.get(context) ?? createRegistry(context)
  registries.set(context, registry)
  return { type: registry.contentType, text: await registry.metrics() }
}

/** What is measured is looked up at each scrape. */
function createRegistry(context: Context): Registry {
  const registry = new Registry()
  registry.setDefaultLabels({ farm: context.settings.id })
  collectDefaultMetrics({ register: registry })
  const gauge = (name: string, help: string, labelNames: readonly string[], look: (gauge: Gauge) => void) =>
    new Gauge({
      ...{ name: `peipkg_farm_${name}`, help, labelNames: [...labelNames], registers: [registry] },
      collect() {
        this.reset()
        look(this)
      },
    })
  gauge('queued', 'Executions that wait for a worker.', ['platform'], (found) => {
    for (const { needs, waiting } of context.queues.queues())
      found.inc({ platform: needs.platform }, waiting.size)
  })
  gauge('running', 'Attempts that run.', ['platform'], (found) => {
    for (const { platform } of context.live.values()) found.inc({ platform })
  })
  gauge('workers', 'Workers that are known, by state.', ['state'], (found) => {
    for (const { state } of workerViews(context)) found.inc({ state })
  })
  gauge('problems', 'What an operator should look at.', [], (found) => {
    found.set(context.problems.size + (context.receiver.full() === undefined ? 0 : 1))
  })
  new Counter({
    name: 'peipkg_farm_ended_total',
    help: 'Executions that ended since the start, by result.',
    labelNames: ['result'],
    registers: [registry],
    collect() {
      this.reset()
      for (const [result, count] of context.counts.read()) this.inc({ result }, count)
    },
  })
  return registry
}
