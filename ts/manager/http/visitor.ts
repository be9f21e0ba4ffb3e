/** Who asks: the page and the logs are for people on the machine itself, unless the configuration says otherwise (§16.22). */
import type { IncomingMessage } from 'node:http'
import { BlockList, isIP } from 'node:net'

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')
loopback.addSubnet('::ffff:127.0.0.0', 104, 'ipv6')

/** What a proxy on this machine adds to requests from elsewhere. */
const forwarding = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via']

/**
 * Whether a request comes from a person on this machine: over the loopback interface, handed on by no proxy, and under a
 * name of this machine (a foreign page may have its own name lead to 127.0.0.1).
 */
export function isLocal(request: IncomingMessage): boolean {
  return (
    isLoopback(request.socket.remoteAddress ?? '') &&
    forwarding.every((header) => request.headers[header] === undefined) &&
    isLocalName(request.headers.host ?? '')
  )
}

function isLoopback(address: string): boolean {
  const family = isIP(address)
  return family !== 0 && loopback.check(address, family === 4 ? 'ipv4' : 'ipv6')
}

function isLocalName(host: string): boolean {
  const name = host.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1')
  return name.toLowerCase() === 'localhost' || isLoopback(name)
}

/** `address:port`, as the log names it. */
export function remoteOf(request: IncomingMessage): string {
  const { remoteAddress = '', remotePort = 0 } = request.socket
  const address = remoteAddress.replace(/^::ffff:(?=\d+\.)/, '')
  return address.includes(':') ? `[${address}]:${remotePort}` : `${address}:${remotePort}`
}
