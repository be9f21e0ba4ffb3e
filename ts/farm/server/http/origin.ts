/** Where a request comes from: from whom the proxy names that stands before this server, when it has one (`proxy`). */
import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'

export interface Origin {
  readonly address: string
  /** The browser talks TLS, to this server or to the proxy. */
  readonly secure: boolean
}

/** Of two addresses the proxy wrote the last one; whatever stands before it may be invented. */
export function originOf({ socket, headers }: IncomingMessage, proxy: string): Origin {
  const near = (socket.remoteAddress ?? '').replace(/^::ffff:(?=\d+\.)/, '')
  const encrypted = 'encrypted' in socket
  if (proxy === '' || near !== proxy) return { address: near, secure: encrypted }
  const far = lastOf(headers['x-forwarded-for'])
  const secure = encrypted || lastOf(headers['x-forwarded-proto']) === 'https'
  return { address: isIP(far) === 0 ? near : far, secure }
}

const lastOf = (header: string | string[] | undefined): string =>
  [header ?? ''].flat().join(',').split(',').at(-1)?.trim() ?? ''
