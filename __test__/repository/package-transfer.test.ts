import { connect as connectTcp, createServer as createTcpServer } from 'node:net'
import { gzipSync } from 'node:zlib'
import { describe, expect, test, vi } from 'vitest'
import type { PackageSink } from '../../ts/repository/receive.ts'
import { makeCertificates, serveTls } from './servers.ts'
import { cleanups, failure, request, server, transport } from './transports.ts'

/** A sink as the core's: keeps what it is given. */
function memorySink(start = '', source: PackageSink['source'] = null) {
  let bytes = Buffer.from(start)
  const sink = {
    source,
    get written() {
      return bytes.length
    },
    write(chunk: Buffer) {
      bytes = Buffer.concat([bytes, chunk])
    },
    remember(address: string, validator: string) {
      sink.source = { address, validator }
    },
    restart() {
      bytes = Buffer.alloc(0)
      sink.source = null
    },
    text: () => bytes.toString(),
  }
  return sink
}

describe('packages', () => {
  const body = 'peipkg'.repeat(20_000)
  const half = body.slice(0, 60_000)
  const tagged = (tag = '"one"') =>
    server((asked, response) => {
      response.setHeader('etag', tag)
      const from = /^bytes=(\d+)-$/.exec(asked.headers.range ?? '')?.[1]
      if (from === undefined || asked.headers['if-range'] !== tag) {
        response.end(body)
        return
      }
      response.writeHead(206, { 'content-range': `bytes ${from}-${body.length - 1}/${body.length}` })
      response.end(body.slice(Number(from)))
    })

  test('arrive untransformed; what the taker throws ends the transfer', async () => {
    const { url } = await server((asked, response) => {
      expect(asked.headers['accept-encoding']).toBe('identity')
      if (asked.url === '/encoded') response.setHeader('content-encoding', 'gzip').end(gzipSync(body))
      else response.end(body)
    })
    const { stream } = transport()
    const sink = memorySink()
    await stream(request(url, '/p', body.length), sink)
    expect(sink.text() === body).toBe(true)
    const refusing = {
      ...memorySink(),
      write: () => {
        throw Object.assign(new Error('the package is larger than its entry says'), {
          code: 'PEI_CACHE_SIZE',
        })
      },
    }
    expect(await failure(stream(request(url, '/p', body.length), refusing))).toBe(
      'PEI_CACHE_SIZE the package is larger than its entry says',
    )
    expect(await failure(stream(request(url, '/encoded', body.length), memorySink()))).toContain(
      'encoded as "gzip", which was not asked for',
    )
  })

  test('are gone on with after the bytes that are there, by the same validator', async () => {
    const { url } = await tagged()
    const sink = memorySink(half, { address: `${url}/p`, validator: '"one"' })
    await transport().stream(request(url, '/p', body.length), sink)
    expect(sink.text() === body).toBe(true)
  })

  test.each([
    ['another version', '/p', '"two"'],
    ['another address', '/q', '"one"'],
  ])('begin anew: %s', async (_, path, validator) => {
    const { url } = await tagged()
    const sink = memorySink('x'.repeat(500), { address: `${url}${path}`, validator })
    await transport().stream(request(url, '/p', body.length), sink)
    expect(sink.text() === body).toBe(true)
    expect(sink.source).toEqual({ address: `${url}/p`, validator: '"one"' })
  })

  test('a transfer that breaks is gone on with; a weak tag does not vouch for bytes, a date does', async () => {
    const ranges: (string | undefined)[] = []
    const { url } = await server((asked, response) => {
      ranges.push(asked.headers['if-range'] as string | undefined)
      response.setHeader('etag', 'W/"weak"').setHeader('last-modified', 'Fri, 01 May 2026 12:00:00 GMT')
      if (ranges.length > 1) {
        response.writeHead(206, { 'content-range': `bytes 60000-${body.length - 1}/${body.length}` })
        response.end(body.slice(60_000))
        return
      }
      response.setHeader('content-length', body.length)
      response.write(half, () => setTimeout(() => response.destroy(), 50))
    })
    const sink = memorySink()
    await transport().stream(request(url, '/p', body.length), sink)
    expect(sink.text() === body).toBe(true)
    expect(ranges).toEqual([undefined, 'Fri, 01 May 2026 12:00:00 GMT'])
  })

  test.each([
    ['a part that begins elsewhere', 206, `bytes 0-${body.length - 1}/${body.length}`],
    ['a part that ends early', 206, `bytes 60000-70000/${body.length}`],
    ['a part of a larger file', 206, `bytes 60000-${body.length}/${body.length + 1}`],
    ['a part that is not described', 206, undefined],
    ['no such part', 416, undefined],
  ])('begin anew after %s', async (_, status, range) => {
    const { url, requests } = await server((asked, response) => {
      if (asked.headers.range === undefined) {
        response.end(body)
        return
      }
      response.writeHead(status, range === undefined ? {} : { 'content-range': range }).end('x')
    })
    const sink = memorySink(half, { address: `${url}/p`, validator: '"one"' })
    await transport().stream(request(url, '/p', body.length), sink)
    expect(sink.text() === body).toBe(true)
    expect(requests).toHaveLength(2)
  })

  test('a part that nobody asked for is no answer', async () => {
    const { url } = await server((_, response) =>
      response.writeHead(206, { 'content-range': `bytes 0-9/${body.length}` }).end('0123456789'),
    )
    expect(await failure(transport().stream(request(url, '/p', body.length), memorySink()))).toContain(
      'the server answered 206',
    )
  })
})

describe('credentials', () => {
  const credentials = new Map([['127.0.0.1', { login: 'me', password: 'secret' }]])
  const basic = `Basic ${Buffer.from('me:secret').toString('base64')}`
  const withCredentials = (base: string) => {
    const { location, ...rest } = request(base, '/a')
    return { ...rest, location: { ...location, credentials } }
  }

  test('go to their host, and to nobody it points at', async () => {
    const seen: unknown[] = []
    const other = await server((asked, response) => {
      seen.push(['other', asked.headers.authorization])
      response.end('there')
    })
    const { url } = await server((asked, response) => {
      seen.push([asked.url, asked.headers.authorization])
      const target = asked.url === '/a' ? '/b' : `${other.url}/c`
      response.writeHead(302, { location: target }).end()
    })
    await transport().document(withCredentials(url))
    expect(seen).toEqual([
      ['/a', basic],
      ['/b', basic],
      ['other', undefined],
    ])
  })

  test('are in no message', async () => {
    const { url } = await server((_, response) => response.writeHead(401).end())
    const message = await failure(transport().document(withCredentials(url)))
    expect(message).toContain('answered 401')
    expect(message).not.toContain('secret')
    expect(message).not.toContain(basic)
  })
})

describe('proxies', () => {
  test('HTTPS_PROXY and NO_PROXY are respected', async () => {
    const certificates = makeCertificates()
    const secure = await serveTls(certificates, (_, response) => response.end('through'))
    cleanups.push(() => secure.close())
    const tunnels: string[] = []
    const proxy = createTcpServer((client) => {
      client.once('data', (head) => {
        const [, target = ''] = /^CONNECT (\S+)/.exec(head.toString()) ?? []
        tunnels.push(target)
        const upstream = connectTcp(Number(target.split(':')[1]), '127.0.0.1', () => {
          client.write('HTTP/1.1 200 OK\r\n\r\n')
          client.pipe(upstream).pipe(client)
        })
        upstream.on('error', () => client.destroy())
      })
      client.on('error', () => undefined)
    })
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
    cleanups.push(() => proxy.close())
    vi.stubEnv('https_proxy', `http://127.0.0.1:${(proxy.address() as { port: number }).port}`)
    vi.stubEnv('no_proxy', '')
    cleanups.push(() => vi.unstubAllEnvs())
    const trusting = { certificates: certificates.certificate }
    expect((await transport(trusting).document(request(secure.url, '/a'))).toString()).toBe('through')
    expect(tunnels).toEqual([secure.url.replace('https://', '')])
    vi.stubEnv('no_proxy', '127.0.0.1')
    await transport(trusting).document(request(secure.url, '/a'))
    expect(tunnels).toHaveLength(1)
  })
})

test('an http proxy is asked for the address itself', async () => {
  const asked: string[] = []
  const proxy = await server((incoming, response) => {
    asked.push(incoming.url ?? '')
    response.end('from the proxy')
  })
  vi.stubEnv('http_proxy', proxy.url)
  vi.stubEnv('no_proxy', '')
  cleanups.push(() => vi.unstubAllEnvs())
  const fetched = await transport().document(request('http://peipkg.invalid', '/a'))
  expect(fetched.toString()).toBe('from the proxy')
  expect(asked).toEqual(['http://peipkg.invalid/a'])
})
