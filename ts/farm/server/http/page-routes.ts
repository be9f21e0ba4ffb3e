/** The page: asks for a token once, and keeps it in a cookie that scripts cannot read. */
import type { Context as Call } from 'hono'
import { reasonOf } from '../../../native/errors.ts'
import type { Html } from '../../../publisher/site/html.ts'
import type { Farm } from '../farm.ts'
import { cancelExecution, knownExecution } from '../jobs.ts'
import { Refusal, statuses } from '../refusal.ts'
import { executionViews, infoOf } from '../views.ts'
import { type App, cookieName, demand, type Environment, type Visitors } from './asking.ts'
import { readBytes } from './bodies.ts'
import { historyOf } from './history.ts'
import { originOf } from './origin.ts'
import { framed, policy } from './page/frame.ts'
import { executionPage, historyPage, loginPage, overview } from './page/pages.ts'

declare const PEIPKG_VERSION: string

type PageCall = Call<Environment>

const MONTH = 30 * 86_400

export function addPageRoutes(app: App, { context }: Farm, visitors: Visitors): void {
  const server = context.settings.id
  const show = (c: PageCall, title: string, main: Html, status = 200, known = true) => {
    c.header('Content-Security-Policy', policy)
    return c.html(framed(title, main, known), status as 200)
  }
  const login = (c: PageCall, problem: string, status: number) =>
    show(c, server, loginPage(server, problem), status, false)
  /** Whoever is not known is asked for a token instead. */
  const page = (work: (c: PageCall) => Promise<Response>) => async (c: PageCall) => {
    try {
      const token = visitors.identify(c)
      demand(token, c.req.method === 'POST' ? 'submit' : 'read')
      c.set('token', token)
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      return login(c, error.word === 'unauthorized' ? '' : reasonOf(error), statuses[error.word])
    }
    return await work(c)
  }
  app.get(
    '/',
    page(async (c) => {
      const recent = await historyOf(context, { limit: '20' })
      const info = await infoOf(context, PEIPKG_VERSION)
      return show(c, server, overview(info, recent.executions, context.clock.now()))
    }),
  )
  app.get(
    '/history',
    page(async (c) => {
      const { executions, next } = await historyOf(context, { ...c.req.query(), limit: '100' })
      return show(c, `History – ${server}`, historyPage(executions, next, context.clock.now()))
    }),
  )
  app.get(
    '/executions/:uuid',
    page(async (c) => {
      const row = await knownExecution(context, c.req.param('uuid') as string)
      const [view] = await executionViews(context, [row])
      if (view === undefined) throw new Refusal('not-found', 'uuid not found')
      return show(c, `${view.job} – ${server}`, executionPage(view, context.clock.now()))
    }),
  )
  app.post(
    '/executions/:uuid/cancel',
    page(async (c) => {
      const execution = c.req.param('uuid') as string
      await cancelExecution(context, execution)
      return c.redirect(`/executions/${encodeURIComponent(execution)}`, 303)
    }),
  )
  app.post('/login', async (c) => {
    const body = (await readBytes(c.env.incoming, 64 << 10)).toString('utf8')
    const given = new URLSearchParams(body).get('token')?.trim() ?? ''
    try {
      visitors.check(c, given)
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      return login(c, reasonOf(error), statuses[error.word])
    }
    const secure = originOf(c.env.incoming, context.settings.proxy).secure ? '; Secure' : ''
    c.header(
      'Set-Cookie',
      `${cookieName}=${given}; Path=/; Max-Age=${MONTH}; HttpOnly; SameSite=Strict${secure}`,
    )
    return c.redirect('/', 303)
  })
  app.post('/logout', (c) => {
    c.header('Set-Cookie', `${cookieName}=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict`)
    return c.redirect('/', 303)
  })
}
