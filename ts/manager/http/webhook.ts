/** One webhook, in the documented order: method, body, signature, document, recipe (§8.3). */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Logger, Manager } from '../model.ts'
import { plainText, send, sendNothing } from './answer.ts'
import { type BodyReader, BusyError } from './body.ts'
import { type Forge, type ForgeName, proves, readAddresses } from './forges.ts'
import type { WebhookSecrets } from './secrets.ts'
import type { Upstreams } from './upstreams.ts'
import { remoteOf } from './visitor.ts'

/** How a webhook was answered, for the metrics. */
export type WebhookResult = 'accepted' | 'ignored' | 'refused' | 'malformed' | 'busy'

export interface WebhookContext {
  readonly manager: Pick<Manager, 'poll'>
  readonly upstreams: Upstreams
  readonly secrets: WebhookSecrets
  readonly bodies: BodyReader
  readonly log: Logger
  readonly count: (forge: ForgeName, result: WebhookResult) => void
}

export async function answerWebhook(
  forge: Forge,
  request: IncomingMessage,
  response: ServerResponse,
  context: WebhookContext,
): Promise<void> {
  if (request.method !== 'POST') {
    send(response, 405, plainText, 'method not allowed\n', { Allow: 'POST' })
    return
  }
  try {
    const result = await judge(forge, request, response, context)
    context.count(forge.name, result)
  } catch (error) {
    if (!(error instanceof BusyError)) throw error
    context.count(forge.name, 'busy')
    send(response, 503, plainText, 'busy\n', { 'Retry-After': '10', Connection: 'close' })
  }
}

async function judge(
  forge: Forge,
  request: IncomingMessage,
  response: ServerResponse,
  context: WebhookContext,
): Promise<WebhookResult> {
  const secret = context.secrets[forge.name]
  const claim = secret === undefined ? undefined : forge.claim(request.headers)
  const body = await context.bodies.read(request, claim !== undefined)
  // Without a secret nothing is accepted (§16.9).
  if (secret === undefined || claim === undefined || !proves(forge, claim, secret, body)) {
    context.log.warn('webhook signature invalid', { remote: remoteOf(request) })
    send(response, 401, plainText, 'invalid signature\n')
    return 'refused'
  }
  const addresses = readAddresses(forge, body)
  if (addresses === undefined) {
    send(response, 400, plainText, 'parse json\n')
    return 'malformed'
  }
  const result = pollAll(forge, addresses, context)
  sendNothing(response)
  return result
}

function pollAll(forge: Forge, addresses: readonly string[], context: WebhookContext): WebhookResult {
  const recipes = context.upstreams.find(addresses).filter(({ githubWebhook }) => githubWebhook)
  if (recipes.length === 0) {
    context.log.info('webhook for unrecognised or opted-out repo', { html_url: addresses[0] ?? '' })
    return 'ignored'
  }
  for (const { id } of recipes) {
    const from = forge.name === 'github' ? {} : { forge: forge.name }
    context.log.info('webhook accepted, triggering immediate poll', { recipe: id, ...from })
    context.manager.poll(id, 'webhook')
  }
  return 'accepted'
}
