/** What people and programs ask for. */
import type { Context as Call } from 'hono'
import type { Period } from '../../api/job.ts'
import { periods } from '../../api/job.ts'
import { platformName } from '../../api/names.ts'
import { type Scope, scopes } from '../../api/token.ts'
import { Fields } from '../decode.ts'
import { decodeChange, decodeJob } from '../decode-job.ts'
import type { Farm } from '../farm.ts'
import {
  cancelExecution,
  dropPlatform,
  executeJob,
  jobOf,
  knownExecution,
  modifyJob,
  rescheduleJob,
  retryExecution,
  submitJob,
  undropPlatform,
  unscheduleJob,
} from '../jobs.ts'
import { Refusal } from '../refusal.ts'
import { executionViews, infoOf, jobView, recordOf, workerViews } from '../views.ts'
import { type App, demand, type Environment } from './asking.ts'
import { readJson } from './bodies.ts'
import { sendEvents } from './events.ts'
import { sendArtifact, sendLog } from './files.ts'
import { historyOf, latestOf } from './history.ts'

declare const PEIPKG_VERSION: string

type ClientCall = Call<Environment>

export function addClientRoutes(app: App, farm: Farm): void {
  const { context } = farm
  const may = (c: ClientCall, scope: Scope) => demand(c.var.token, scope)
  const json = async (c: ClientCall) => await readJson(c.env.incoming)
  addJobRoutes(app, farm, may, json)
  addExecutionRoutes(app, farm, may)

  app.get('/api/v1/info', async (c) => {
    may(c, 'read')
    return c.json(await infoOf(context, PEIPKG_VERSION))
  })
  app.get('/api/v1/workers', (c) => {
    may(c, 'read')
    return c.json({ workers: workerViews(context) })
  })
  for (const [verb, drain] of [
    ['drain', true],
    ['undrain', false],
  ] as const) {
    app.post(`/api/v1/workers/:worker/${verb}`, async (c) => {
      may(c, 'admin')
      const worker = context.workers.get(c.req.param('worker'))
      if (worker === undefined) throw new Refusal('not-found', `unknown worker ${c.req.param('worker')}`)
      await context.engine.query('update farm.workers set drain = $2 where name = $1', [worker.worker, drain])
      worker.drain = drain
      farm.claims.pump()
      return c.json({})
    })
  }
  app.post('/api/v1/platforms/:platform/drop', async (c) => {
    may(c, 'admin')
    await dropPlatform(context, platformOf(c.req.param('platform')))
    return c.json({})
  })
  app.delete('/api/v1/platforms/:platform/drop', async (c) => {
    may(c, 'admin')
    await undropPlatform(context, platformOf(c.req.param('platform')))
    farm.claims.pump()
    return c.json({})
  })
  app.get('/api/v1/tokens', (c) => {
    may(c, 'admin')
    const tokens = context.tokens.list().map(({ name, scope, createdAt }) => {
      return { name, scope, created_at: new Date(createdAt).toISOString() }
    })
    return c.json({ tokens })
  })
  app.post('/api/v1/tokens', async (c) => {
    may(c, 'admin')
    const fields = new Fields(await json(c), 'token')
    const [name, scope] = [fields.text('name', 64), fields.oneOf('scope', scopes)]
    fields.finish()
    return c.json({ name, scope, token: await context.tokens.create(name, scope, context.clock.now()) })
  })
  app.delete('/api/v1/tokens/:name', async (c) => {
    may(c, 'admin')
    await context.tokens.revoke(c.req.param('name'))
    return c.json({})
  })
  app.get('/metrics', async (c) => {
    may(c, 'read')
    const { metricsText } = await import('./metrics.ts')
    const { type, text } = await metricsText(context)
    return c.body(text, 200, { 'Content-Type': type })
  })
  app.get('/api/v1/openapi.json', async (c) => {
    may(c, 'read')
    const { openapi } = await import('./openapi.ts')
    return c.json(openapi(PEIPKG_VERSION))
  })
}

type May = (c: ClientCall, scope: Scope) => void

function addJobRoutes(
  app: App,
  { context }: Farm,
  may: May,
  json: (c: ClientCall) => Promise<unknown>,
): void {
  const answer = async (c: ClientCall, name: string, executions: readonly string[]) =>
    c.json({ job: await jobView(context, await jobOf(context, name)), executions })
  app.get('/api/v1/jobs', async (c) => {
    may(c, 'read')
    return c.json({ jobs: (await infoOf(context, PEIPKG_VERSION)).schedule })
  })
  app.post('/api/v1/jobs', async (c) => {
    may(c, 'submit')
    const request = decodeJob(await json(c))
    return await answer(c, request.name, await submitJob(context, request))
  })
  app.get('/api/v1/jobs/:name', async (c) => {
    may(c, 'read')
    return c.json(await jobView(context, await jobOf(context, c.req.param('name'))))
  })
  app.patch('/api/v1/jobs/:name', async (c) => {
    may(c, 'submit')
    await modifyJob(context, c.req.param('name'), decodeChange(await json(c)))
    return await answer(c, c.req.param('name'), [])
  })
  app.delete('/api/v1/jobs/:name', async (c) => {
    may(c, 'submit')
    await unscheduleJob(context, c.req.param('name'))
    return c.json({})
  })
  app.post('/api/v1/jobs/:name/execute', async (c) => {
    may(c, 'submit')
    const fields = new Fields(await json(c), 'execute')
    const platform = fields.has('platform') ? fields.text('platform', 128, platformName) : undefined
    fields.finish()
    const made = await executeJob(context, c.req.param('name'), platform === undefined ? {} : { platform })
    return await answer(c, c.req.param('name'), made)
  })
  app.post('/api/v1/jobs/:name/reschedule', async (c) => {
    may(c, 'submit')
    await rescheduleJob(context, c.req.param('name'), decodeReschedule(await json(c)))
    return await answer(c, c.req.param('name'), [])
  })
}

function decodeReschedule(value: unknown) {
  const fields = new Fields(value, 'reschedule')
  const next = fields.text('next', 40)
  const period: Period | undefined = fields.has('period') ? fields.oneOf('period', periods) : undefined
  fields.finish()
  if (
    !/^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/.test(next) ||
    Number.isNaN(Date.parse(next))
  ) {
    throw new Refusal(
      'bad-request',
      `"next" is a time such as 2026-05-01T12:00:00Z, not ${JSON.stringify(next)}`,
    )
  }
  return period === undefined ? { next } : { next, period }
}

function addExecutionRoutes(app: App, farm: Farm, may: May): void {
  const { context } = farm
  const executionOf = async (c: ClientCall) => await knownExecution(context, c.req.param('uuid') as string)
  app.get('/api/v1/latest', async (c) => {
    may(c, 'read')
    return c.json(await latestOf(context, c.req.query()))
  })
  app.get('/api/v1/history', async (c) => {
    may(c, 'read')
    return c.json(await historyOf(context, c.req.query()))
  })
  app.get('/api/v1/executions/:uuid', async (c) => {
    may(c, 'read')
    const [view] = await executionViews(context, [await executionOf(c)])
    return c.json(view)
  })
  app.post('/api/v1/executions/:uuid/cancel', async (c) => {
    may(c, 'submit')
    await cancelExecution(context, c.req.param('uuid'))
    return c.json({})
  })
  app.post('/api/v1/executions/:uuid/retry', async (c) => {
    may(c, 'submit')
    return c.json({ executions: await retryExecution(context, c.req.param('uuid')) })
  })
  app.get('/api/v1/executions/:uuid/log', async (c) => {
    may(c, 'read')
    return await sendLog(context, c, await executionOf(c))
  })
  app.get('/api/v1/executions/:uuid/events', async (c) => {
    may(c, 'read')
    return await sendEvents(context, c, await executionOf(c))
  })
  app.get('/api/v1/executions/:uuid/artifacts', async (c) => {
    may(c, 'read')
    const [view] = await executionViews(context, [await executionOf(c)])
    return c.json({ artifacts: view?.artifacts ?? [] })
  })
  app.get('/api/v1/executions/:uuid/artifacts/:name', async (c) => {
    may(c, 'read')
    return await sendArtifact(context, c, await executionOf(c), c.req.param('name'))
  })
  app.get('/api/v1/executions/:uuid/record', async (c) => {
    may(c, 'read')
    return c.json(await recordOf(context, await executionOf(c)))
  })
}

function platformOf(text: string): string {
  if (platformName.test(text)) return text
  throw new Refusal(
    'bad-request',
    `no such platform: ${JSON.stringify(text.slice(0, 128))} is no name of one`,
  )
}
