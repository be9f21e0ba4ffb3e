/** Whom a proxy names, and whom nobody may name. */
import type { IncomingMessage } from 'node:http'
import { expect, test } from 'vitest'
import { originOf } from '../../../ts/farm/server/http/origin.ts'

const from = (remoteAddress: string, headers: Readonly<Record<string, string>> = {}, encrypted = false) =>
  ({ socket: { remoteAddress, ...(encrypted ? { encrypted } : {}) }, headers }) as unknown as IncomingMessage

const named = { 'x-forwarded-for': '203.0.113.9, 198.51.100.7', 'x-forwarded-proto': 'https' }

test.each([
  ['no proxy is configured', from('127.0.0.1', named), '', '127.0.0.1', false],
  ['another than the proxy', from('192.0.2.1', named), '127.0.0.1', '192.0.2.1', false],
  ['the proxy: the last, which it wrote itself', from('127.0.0.1', named), '127.0.0.1', '198.51.100.7', true],
  ['the proxy, by the other family', from('::ffff:127.0.0.1', named), '127.0.0.1', '198.51.100.7', true],
  ['the proxy, of nobody', from('127.0.0.1'), '127.0.0.1', '127.0.0.1', false],
  [
    'the proxy, of what is no address',
    from('127.0.0.1', { 'x-forwarded-for': 'unknown' }),
    '127.0.0.1',
    '127.0.0.1',
    false,
  ],
  ['TLS without a proxy', from('192.0.2.1', {}, true), '', '192.0.2.1', true],
])('%s', (_, request, proxy, address, secure) => {
  expect(originOf(request, proxy)).toEqual({ address, secure })
})
