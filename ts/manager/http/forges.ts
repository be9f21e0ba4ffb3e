/** How each forge proves that a webhook is its own, and where in it the addresses of the repository are. */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

export type ForgeName = 'github' | 'forgejo' | 'gitlab'

export interface Forge {
  readonly name: ForgeName
  /** What the headers claim; undefined when there is no claim of the right form, and the body need not be kept. */
  claim(headers: IncomingHttpHeaders): Buffer | undefined
  /** What the claim has to be. */
  proof(secret: Buffer, body: Buffer): Buffer
  /** Where addresses are in the document: tables, and their keys. */
  readonly addresses: Readonly<Record<string, readonly string[]>>
}

const repository = { repository: ['html_url', 'clone_url', 'ssh_url', 'git_url'] } as const

export const forges: Readonly<Record<ForgeName, Forge>> = {
  github: {
    name: 'github',
    claim: (headers) => signature(headers['x-hub-signature-256'], 'sha256='),
    proof: hmac,
    addresses: repository,
  },
  /** Gitea too: Forgejo sends the headers of both. */
  forgejo: {
    name: 'forgejo',
    claim: (headers) =>
      signature(headers['x-forgejo-signature'], '') ?? signature(headers['x-gitea-signature'], ''),
    proof: hmac,
    addresses: repository,
  },
  /** A token, not a signature: compared by digest, so that its length is no hint. */
  gitlab: {
    name: 'gitlab',
    claim: ({ 'x-gitlab-token': token }) =>
      typeof token === 'string' ? digest(Buffer.from(token)) : undefined,
    proof: (secret) => digest(secret),
    addresses: {
      project: ['web_url', 'git_http_url', 'git_ssh_url', 'http_url', 'ssh_url'],
      repository: ['homepage', 'git_http_url', 'git_ssh_url'],
    },
  },
}

/** 32 bytes in hexadecimal digits, of either case, after the prefix. */
function signature(header: string | readonly string[] | undefined, prefix: string): Buffer | undefined {
  if (typeof header !== 'string' || !header.startsWith(prefix)) return undefined
  const hex = header.slice(prefix.length)
  return /^[0-9A-Fa-f]{64}$/.test(hex) ? Buffer.from(hex, 'hex') : undefined
}

function hmac(secret: Buffer, body: Buffer): Buffer {
  return createHmac('sha256', secret).update(body).digest()
}

function digest(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest()
}

/** In constant time. Both are 32 bytes. */
export function proves(forge: Forge, claim: Buffer, secret: Buffer, body: Buffer): boolean {
  return timingSafeEqual(claim, forge.proof(secret, body))
}

/** The addresses in a webhook, in order; undefined when it is not the document that it should be. */
export function readAddresses(forge: Forge, body: Buffer): readonly string[] | undefined {
  let document: unknown
  try {
    document = JSON.parse(body.toString('utf8'))
  } catch {
    return undefined
  }
  if (document === null) return []
  if (!isTable(document)) return undefined
  const found: string[] = []
  for (const [table, keys] of Object.entries(forge.addresses)) {
    const values = Object.hasOwn(document, table) ? (document[table] ?? {}) : {}
    if (!isTable(values)) return undefined
    for (const key of keys) {
      const value = Object.hasOwn(values, key) ? (values[key] ?? '') : ''
      if (typeof value !== 'string') return undefined
      if (value !== '') found.push(value)
    }
  }
  return found
}

function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
