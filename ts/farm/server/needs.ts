/** What an execution needs of a worker, the queue that follows from it, and why a worker does not fit. */
import { createHash } from 'node:crypto'
import type { Sandbox } from '../api/job.ts'

export interface Needs {
  readonly platform: string
  readonly capability: 'script' | 'recipe'
  /** `kvm`, `cpu=8`. */
  readonly labels: readonly string[]
  readonly sandbox: Sandbox | null
  /** Workers that failed it; left to them again when nobody else is there. */
  readonly excluded: readonly string[]
}

/** What a worker says of itself. */
export interface Offer {
  readonly worker: string
  readonly platforms: readonly string[]
  readonly labels: Readonly<Record<string, string>>
  readonly sandboxes: readonly Sandbox[]
  readonly capabilities: readonly ('script' | 'recipe')[]
}

/** One queue a platform for what every worker can do, and one more for each set of further needs: none is ever put back. */
export function queueOf({ platform, capability, labels, sandbox, excluded }: Needs): string {
  const plain = labels.length === 0 && sandbox === null && excluded.length === 0 && capability === 'script'
  if (plain) return platform
  const text = JSON.stringify([capability, [...labels].sort(), sandbox, [...excluded].sort()])
  return `${platform}/${createHash('sha256').update(text).digest('hex').slice(0, 16)}`
}

/** Undefined: it fits, exclusions aside. */
export function misfit(offer: Offer, needs: Needs): string | undefined {
  if (!offer.platforms.includes(needs.platform)) return `is not of platform ${needs.platform}`
  if (!offer.capabilities.includes(needs.capability))
    return 'cannot build recipes (git or peipkg-build is missing)'
  const missing = needs.labels.find((label) => !hasLabel(offer.labels, label))
  if (missing !== undefined) return `lacks label ${missing}`
  if (needs.sandbox !== null && !offer.sandboxes.includes(needs.sandbox))
    return `has no sandbox ${needs.sandbox}`
  return undefined
}

function hasLabel(labels: Readonly<Record<string, string>>, label: string): boolean {
  const [, key = label, value] = /^([^=]*)=(.*)$/s.exec(label) ?? []
  if (!Object.hasOwn(labels, key)) return false
  return value === undefined || labels[key] === value
}
