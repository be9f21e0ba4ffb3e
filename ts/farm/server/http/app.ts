/** The API and the page: who asks, in which version, for what (file 10, HTTP). */
import { Hono } from 'hono'
import { reasonOf } from '../../../native/errors.ts'
import { apiVersion, versionHeader } from '../../api/version.ts'
import type { Farm } from '../farm.ts'
import { Refusal, statuses } from '../refusal.ts'
import type { App, Environment } from './asking.ts'
import { addClientRoutes } from './client-routes.ts'
import { addPageRoutes } from './page-routes.ts'
import { createVisitors } from './visitors.ts'
import { addWorkerRoutes } from './worker-routes.ts'

export function createApp(farm: Farm): App {
  const { context } = farm
  const app: App = new Hono<Environment>({ getPath: pathOf })
  app.onError((error, c) => {
    const refusal = refusalOf(error, context.engine.trouble())
    if (refusal.word === 'internal')
      context.log.error('request failed', { path: c.req.path, err: stackOf(error) })
    if (refusal.word === 'unavailable') context.log.debug('database not reached', { err: reasonOf(error) })
    const { retryAfter, ...more } = refusal.more
    if (typeof retryAfter === 'number') c.header('Retry-After', String(retryAfter))
    const document = { error: { code: refusal.word, message: refusal.message }, ...more }
    return c.json(document, statuses[refusal.word] as 400)
  })
  app.notFound((c) => c.json({ error: { code: 'not-found', message: `there is no ${c.req.path}` } }, 404))
  // Asked by everybody: why is for the log.
  app.get('/healthz', (c) =>
    context.engine.trouble() === undefined ? c.text('ok\n') : c.text('the database is not reached\n', 503),
  )
  app.use('*', async (c, next) => {
    c.header(versionHeader, String(apiVersion))
    c.header('X-Content-Type-Options', 'nosniff')
    // Under `no-referrer` browsers hide the origin of forms, by which a form of this page is told from one of elsewhere.
    c.header('Referrer-Policy', 'same-origin')
    c.header('Cache-Control', 'no-store')
    checkVersion(c.req.header(versionHeader))
    await next()
  })
  const visitors = createVisitors(context)
  addPageRoutes(app, farm, visitors)
  // Who it is; whether they may is said by each route.
  app.use('*', async (c, next) => {
    c.set('token', visitors.identify(c))
    await next()
  })
  addWorkerRoutes(app, farm)
  addClientRoutes(app, farm)
  return app
}

/** Names in paths stay percent-encoded until they are asked for: an artifact's may hold a slash. */
function pathOf(request: Request): string {
  return new URL(request.url).pathname
}

function checkVersion(given: string | undefined): void {
  if (given === undefined || given === String(apiVersion)) return
  const message = `you speak version ${given.slice(0, 20)} of the API, this server version ${apiVersion}: use programs of the same release`
  throw new Refusal('api-version', message)
}

/** `trouble`: of the database, which explains whatever failed meanwhile. */
function refusalOf(error: unknown, trouble: string | undefined): Refusal {
  if (error instanceof Refusal) return error
  const { code, message } = error as { code?: unknown; message?: unknown }
  if (trouble !== undefined || isConnection(code, message))
    return new Refusal('unavailable', 'the database cannot be reached: try again')
  return new Refusal('internal', 'internal error: see the log of the server')
}

/** Of node-postgres and the system; SQLSTATE classes 08 and 57P, and what its own limits of time end (57014, 25P03). */
function isConnection(code: unknown, message: unknown): boolean {
  if (typeof code === 'string' && /^(ECONN|EPIPE|ETIMEDOUT|PEI_FARM_DATABASE|08|57P|57014|25P03)/.test(code))
    return true
  return (
    typeof message === 'string' &&
    /Connection terminated|timeout exceeded when trying to connect|Query read timeout|not queryable/.test(
      message,
    )
  )
}

/** A bug is looked for by where it happened. */
const stackOf = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : String(error)
