/** How webhooks were answered since the process started; reloads do not reset it. */
import type { ForgeName } from './forges.ts'
import type { WebhookResult } from './webhook.ts'

interface WebhookCount {
  readonly forge: ForgeName
  readonly result: WebhookResult
  readonly count: number
}

export interface WebhookCounts {
  add(forge: ForgeName, result: WebhookResult): void
  all(): readonly WebhookCount[]
}

export function createWebhookCounts(): WebhookCounts {
  const counts = new Map<string, WebhookCount>()
  return {
    add(forge, result) {
      const key = `${forge} ${result}`
      counts.set(key, { forge, result, count: (counts.get(key)?.count ?? 0) + 1 })
    },
    all: () => [...counts.values()],
  }
}
