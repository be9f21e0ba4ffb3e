/** Which part answers which path; what a rare one needs is loaded when it is asked for. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ManagerConfiguration } from '../../config/manager-configuration.ts'
import type { HistoryEntry, Logger, Manager } from '../model.ts'
import { plainText, refusesToWrite, send, sendNotFound } from './answer.ts'
import { createBodyReader } from './body.ts'
import { type Forge, forges } from './forges.ts'
import type { Metrics } from './metrics.ts'
import type { WebhookSecrets } from './secrets.ts'
import { statusJson } from './status-json.ts'
import { indexUpstreams } from './upstreams.ts'
import { isLocal } from './visitor.ts'
import { answerWebhook } from './webhook.ts'
import type { WebhookCounts } from './webhook-counts.ts'

export interface RouterContext {
  readonly settings: ManagerConfiguration
  readonly secrets: WebhookSecrets
  readonly manager: Manager
  readonly log: Logger
  readonly counts: WebhookCounts
}

export interface Router {
  /** The handler of requests for the roster of now. */
  epoch(): (request: IncomingMessage, response: ServerResponse) => Promise<void>
}

/** How many builds that ended `/status` tells. */
const RECENT = 20

export function createRouter(context: RouterContext): Router {
  const { manager, counts } = context
  const bodies = createBodyReader()
  let metrics: Promise<Metrics> | undefined
  const loadMetrics = async () => (await import('./metrics.ts')).createMetrics(() => manager.status(), counts)
  const recent = remembered(() => manager.history(undefined, RECENT))
  return {
    epoch() {
      const upstreams = indexUpstreams(manager.roster())
      const webhooks = { ...context, upstreams, bodies, count: counts.add }
      return async (request, response) => {
        const path = (request.url ?? '').split('?', 1)[0] ?? ''
        const forge = forgeAt(path, context.secrets)
        if (forge !== undefined) {
          await answerWebhook(forge, request, response, webhooks)
        } else if (path === '/healthz') {
          send(response, 200, plainText, 'ok\n')
        } else if (path === '/status') {
          const text = statusJson(manager.status(), await recent())
          send(response, 200, 'application/json; charset=utf-8', text)
        } else if (path === '/metrics') {
          if (refusesToWrite(request.method, response)) return
          metrics ??= loadMetrics()
          const { contentType, text } = await metrics
          send(response, 200, contentType, await text())
        } else {
          await answerPage(path, request, response, context)
        }
      }
    },
  }
}

/** GitHub's path is always there; the others only with a secret. */
function forgeAt(path: string, secrets: WebhookSecrets): Forge | undefined {
  const [, name] = /^\/webhooks\/(github|forgejo|gitea|gitlab)$/.exec(path) ?? []
  if (name === 'github') return forges.github
  const other = name === 'gitlab' ? 'gitlab' : 'forgejo'
  return name === undefined || secrets[other] === undefined ? undefined : forges[other]
}

/** The page, the recipes' pages and the logs; to anybody else these paths do not exist. */
async function answerPage(
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
  context: RouterContext,
): Promise<void> {
  const { page } = context.settings
  const allowed = page === 'public' || (page === 'loopback' && isLocal(request))
  const part = allowed ? partOf(path) : undefined
  if (part === undefined) {
    sendNotFound(response)
    return
  }
  if (refusesToWrite(request.method, response)) return
  const { answerPart } = await import('./page/page.ts')
  await answerPart(part, response, context.manager)
}

/** The words of a path, decoded; undefined when it names nothing. */
function partOf(path: string): readonly string[] | undefined {
  if (path === '/') return []
  const words = path.slice(1).split('/')
  if (words[0] !== 'recipes' && words[0] !== 'logs') return undefined
  try {
    return words.map(decodeURIComponent)
  } catch {
    return undefined
  }
}

/** At most one reading a second, however often it is asked for. */
function remembered(read: () => Promise<readonly HistoryEntry[]>): () => Promise<readonly HistoryEntry[]> {
  let last: { readonly until: number; readonly entries: Promise<readonly HistoryEntry[]> } | undefined
  return () => {
    const now = performance.now()
    if (last === undefined || now > last.until) last = { until: now + 1000, entries: read() }
    return last.entries
  }
}
