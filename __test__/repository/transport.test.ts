import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { connect as connectTcp, createServer as createTcpServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { timeLimits } from '../../ts/repository/fetch-request.ts'
import type { PackageSink } from '../../ts/repository/receive.ts'
import { openTransport, type Transport } from '../../ts/repository/transport.ts'
import { type Certificates, makeCertificates, serve, serveTls, type TestServer } from './servers.ts'
import { zstdStored, zstdZeros } from './zstd.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

function transport(options: Partial<Parameters<typeof openTransport>[0]> = {}): Transport {
  const opened = openTransport({ signal: new AbortController().signal, patience: hurried, ...options })
  cleanups.push(() => opened.close())
  return opened
}

async function server(...parameters: Parameters<typeof serve>): Promise<TestServer> {
  const started = await serve(...parameters)
  cleanups.push(() => started.close())
  return started
}

const request = (base: string, path: string, limit = 1000) => ({
  address: `${base}${path}`,
  location: { baseUrl: base, insecure: base.startsWith('http:') },
  limit,
})

const failure = async (promise: Promise<unknown>): Promise<string> => {
  const error = await promise.then(
    () => undefined,
    (thrown) => thrown,
  )
  return `${error?.code} ${error?.message}`
}

/** Tries as often as the real one, without the pauses. */
const hurried = { attempts: 4, firstPause: 1, longestPause: 50 }

const once = { ...hurried, attempts: 1 }

/** Short enough for a test, in the proportions of the real ones. */
const hasty = { ...timeLimits, headers: 1500, idle: 400, window: 600, slowestBytes: 1000 }

describe('documents over http', () => {
  test('are fetched whole, and one that is not there is null where that is allowed', async () => {
    const { url } = await server((asked, response) => {
      if (asked.url !== '/a') response.statusCode = 404
      response.end('hello')
    })
    const { document, optionalDocument } = transport()
    expect((await document(request(url, '/a'))).toString()).toBe('hello')
    expect(await optionalDocument(request(url, '/b'))).toBeNull()
    expect(await failure(document(request(url, '/b')))).toBe(`PEI_FETCH_STATUS ${url}/b does not exist`)
  })

  test('an answer that is neither the document nor its absence is told', async () => {
    const { url } = await server((_, response) => response.writeHead(503, { 'retry-after': '120' }).end())
    expect(await failure(transport().optionalDocument(request(url, '/a')))).toBe(
      `PEI_FETCH_STATUS cannot fetch ${url}/a: the server answered 503 (it says: retry after 120)`,
    )
  })

  test('come compressed when the server likes, bounded by what they decompress to', async () => {
    const { url } = await server((asked, response) => {
      expect(asked.headers['accept-encoding']).toBe('zstd, gzip')
      response.setHeader('content-encoding', asked.url === '/odd' ? 'br' : 'gzip')
      const body = gzipSync(asked.url === '/bomb' ? Buffer.alloc(50 * 1024 * 1024) : 'text')
      response.end(asked.url === '/broken' ? body.subarray(0, 12) : body)
    })
    const { document } = transport()
    expect((await document(request(url, '/a'))).toString()).toBe('text')
    expect(await failure(document(request(url, '/bomb')))).toContain('PEI_FETCH_TOO_LARGE')
    expect(await failure(document(request(url, '/broken')))).toContain('PEI_FETCH_FAILED')
    expect(await failure(document(request(url, '/odd')))).toContain('encoded as "br"')
  })

  test('are not read beyond their bound, whatever length was announced', async () => {
    const { url } = await server((asked, response) => {
      if (asked.url === '/announced') response.setHeader('content-length', 5_000_000)
      const timer = setInterval(() => response.write(Buffer.alloc(600)), 5)
      response.on('close', () => clearInterval(timer))
    })
    const { document } = transport()
    expect(await failure(document(request(url, '/announced')))).toBe(
      `PEI_FETCH_TOO_LARGE ${url}/announced is larger than 1000 bytes: not read any further`,
    )
    expect(await failure(document(request(url, '/endless')))).toContain('PEI_FETCH_TOO_LARGE')
  })

  test('a connection that ends early is a failure', async () => {
    const { url } = await server((_, response) => {
      response.setHeader('content-length', 900)
      response.write('half', () => response.destroy())
    })
    expect(await failure(transport().document(request(url, '/a')))).toContain(
      `cannot fetch ${url}/a: the connection was closed before the end`,
    )
  })

  test('a server that is not there', async () => {
    const { url, close } = await server(() => undefined)
    await close()
    expect(await failure(transport().document(request(url, '/a')))).toContain('the connection was refused')
  })
})

/** What the process's memory grew by, at most, while `run` was under way. */
async function growth(run: () => Promise<unknown>): Promise<number> {
  const before = process.memoryUsage.rss()
  let most = before
  const sampling = setInterval(() => {
    most = Math.max(most, process.memoryUsage.rss())
  }, 2)
  await run()
  clearInterval(sampling)
  return Math.max(most, process.memoryUsage.rss()) - before
}

describe('compressed documents', () => {
  const mebibyte = 1024 * 1024
  const gibibyte = 1024 * mebibyte
  const gzipServer = (respond: (path: string, response: ServerResponse) => void) =>
    server((asked, response) => {
      response.setHeader('content-encoding', 'gzip')
      response.on('error', () => undefined)
      respond(asked.url ?? '', response)
    })
  /** 20 KB of members that unpack to nothing, again and again, each time it is drained. */
  const endlessNothing = (response: ServerResponse) => {
    const nothing = Buffer.concat(Array.from({ length: 1000 }, () => gzipSync('')))
    const more = () => {
      while (!response.destroyed && response.write(nothing));
    }
    response.on('drain', more)
    more()
  }

  test('a large one is put together byte for byte', async () => {
    const body = Buffer.alloc(5 * mebibyte + 17, randomBytes(9973))
    const halves = [body.subarray(0, 3_000_001), body.subarray(3_000_001)]
    const { url } = await gzipServer((path, response) =>
      response.end(
        path === '/members' ? Buffer.concat(halves.map((half) => gzipSync(half))) : gzipSync(body),
      ),
    )
    const { document } = transport()
    for (const path of ['/one', '/members']) {
      const fetched = await document(request(url, path, gibibyte))
      expect(fetched.equals(body)).toBe(true)
    }
    expect((await document(request(url, '/exactly', body.length))).equals(body)).toBe(true)
    expect(await failure(document(request(url, '/less', body.length - 1)))).toContain('is larger than')
  })

  test('may be as large as allowed when gzip only adds to it', async () => {
    const body = randomBytes(100_000)
    const { url } = await gzipServer((_, response) => response.end(gzipSync(body)))
    expect((await transport().document(request(url, '/a', body.length))).equals(body)).toBe(true)
  })

  test('one that unpacks to a thousand times its bytes is refused early, whatever its bound', async () => {
    const part = gzipSync(Buffer.alloc(64 * mebibyte))
    const bomb = Buffer.concat(Array.from({ length: 16 }, () => part))
    const { url } = await gzipServer((_, response) => response.end(bomb))
    const grew = await growth(async () => {
      expect(await failure(transport().largeDocument(request(url, '/a', gibibyte), null))).toMatch(
        /^PEI_FETCH_TOO_LARGE .*compressed answer unpacks to an unbelievable size/,
      )
    })
    expect(grew).toBeLessThan(150 * mebibyte)
  })

  test('a small one may shrink as much as it likes', async () => {
    const body = Buffer.alloc(30 * mebibyte)
    const { url } = await gzipServer((_, response) => response.end(gzipSync(body)))
    expect((await transport().document(request(url, '/a', gibibyte))).length).toBe(body.length)
  })

  test('an endless one that unpacks to nothing ends at its bound', async () => {
    const { url } = await gzipServer((_, response) => endlessNothing(response))
    expect(await failure(transport().document(request(url, '/a', mebibyte)))).toBe(
      `PEI_FETCH_TOO_LARGE ${url}/a is larger than ${mebibyte} bytes: not read any further`,
    )
  })

  test('an endless one that unpacks to nothing is no progress', async () => {
    let closed = false
    const { url } = await gzipServer((path, response) => {
      response.on('close', () => {
        closed = true
      })
      response.write(gzipSync(path))
      endlessNothing(response)
    })
    const fetching = transport({ limits: hasty, patience: once }).document(
      request(url, '/a', 1024 * gibibyte),
    )
    expect(await failure(fetching)).toBe(`PEI_FETCH_TIMEOUT cannot fetch ${url}/a: no data came for 0.4 s`)
    await vi.waitFor(() => expect(closed).toBe(true))
  })

  test('an abort, and a connection that breaks, end them too', async () => {
    const controller = new AbortController()
    const { url } = await gzipServer((path, response) => {
      const half = gzipSync(randomBytes(100_000)).subarray(0, 50_000)
      response.write(half, () => (path === '/abort' ? controller.abort() : response.destroy()))
    })
    const { document } = transport({ signal: controller.signal })
    expect(await failure(document(request(url, '/broken', gibibyte)))).toContain(
      'the connection was closed before the end',
    )
    expect(await failure(document(request(url, '/abort', gibibyte)))).toBe('PEI_CANCELLED cancelled')
  })
})

describe('zstd', () => {
  const mebibyte = 1024 * 1024
  const zstdServer = (bodies: Readonly<Record<string, Buffer>>) =>
    server((asked, response) => {
      response.on('error', () => undefined).setHeader('content-encoding', 'zstd')
      response.end(bodies[asked.url ?? ''])
    })

  test('frames follow each other; what is cut, damaged or greedy is refused', async () => {
    const body = randomBytes(300_000)
    const stored = zstdStored(body)
    const { url } = await zstdServer({
      '/two': Buffer.concat([stored, zstdStored(Buffer.alloc(0)), stored]),
      '/cut': stored.subarray(0, -1),
      '/none': body,
      '/greedy': Buffer.concat([stored.subarray(0, 5), Buffer.of(17 << 3), stored.subarray(6)]),
    })
    const { document } = transport()
    expect((await document(request(url, '/two', mebibyte))).equals(Buffer.concat([body, body]))).toBe(true)
    expect(await failure(document(request(url, '/two', 500_000)))).toContain('PEI_FETCH_TOO_LARGE')
    expect(await failure(document(request(url, '/cut', mebibyte)))).toMatch(/PEI_FETCH_FAILED.* ends before/)
    for (const path of ['/none', '/greedy']) {
      expect(await failure(document(request(url, path, mebibyte)))).toMatch(
        /PEI_FETCH_FAILED .*the zstd encoding does not unpack/,
      )
    }
  })

  test('a bomb is refused early, whatever its bound; a small one may shrink as much as it likes', async () => {
    const { url } = await zstdServer({ '/bomb': zstdZeros(8 * 1024), '/small': zstdZeros(8 * 20) })
    const { largeDocument } = transport()
    const grew = await growth(async () => {
      expect(await failure(largeDocument(request(url, '/bomb', 1024 * mebibyte), null))).toMatch(
        /^PEI_FETCH_TOO_LARGE .*unbelievable size/,
      )
    })
    expect(grew).toBeLessThan(150 * mebibyte)
    const small = await largeDocument(request(url, '/small', 1024 * mebibyte), null)
    expect(small?.document.length).toBe(20 * mebibyte)
  })
})

describe('conditions', () => {
  test('a document is asked for only if it is another', async () => {
    const asked: unknown[] = []
    const { url } = await server(({ headers }, response) => {
      asked.push([headers['if-none-match'], headers['if-modified-since']])
      response.setHeader('etag', '"two"')
      if (headers['if-none-match'] === '"two"') response.writeHead(304).end()
      else response.end('text')
    })
    const { largeDocument } = transport()
    const first = await largeDocument(request(url, '/a'), { etag: '"one"', lastModified: 'yesterday' })
    expect(first?.validators).toEqual({ etag: '"two"' })
    expect(first?.document.length).toBe(4)
    expect(await largeDocument(request(url, '/a'), first?.validators ?? null)).toBeNull()
    expect(asked).toEqual([
      ['"one"', 'yesterday'],
      ['"two"', undefined],
    ])
  })

  test('"not modified" without a condition is no answer', async () => {
    const { url } = await server((_, response) => response.writeHead(304).end())
    expect(await failure(transport().document(request(url, '/a')))).toContain('the server answered 304')
    expect(await failure(transport().largeDocument(request(url, '/a'), null))).toContain('answered 304')
  })
})

describe('patience', () => {
  /** Fails `failures` times, then answers. */
  const flaky = async (failures: number, fail: (response: ServerResponse) => void) => {
    let left = failures
    return await server((_, response) => {
      if (left-- > 0) fail(response)
      else response.end('text')
    })
  }

  test.each([
    ['a busy server', (response: ServerResponse) => response.writeHead(503).end()],
    [
      'too many requests',
      (response: ServerResponse) => response.writeHead(429, { 'retry-after': '0' }).end(),
    ],
    ['a broken connection', (response: ServerResponse) => response.destroy()],
    [
      'a body that ends early',
      (response: ServerResponse) => {
        response.setHeader('content-length', 900)
        response.write('half', () => response.destroy())
      },
    ],
  ])('%s is tried again, four times in all', async (_, fail) => {
    const passing = await flaky(3, fail)
    expect((await transport().document(request(passing.url, '/a'))).toString()).toBe('text')
    const lasting = await flaky(4, fail)
    expect(await failure(transport().document(request(lasting.url, '/a')))).toContain('PEI_FETCH_')
    expect(lasting.requests).toHaveLength(4)
  })

  test('what will not pass is not tried again', async () => {
    const refusing = await server((_, response) => response.writeHead(403).end())
    expect(await failure(transport().document(request(refusing.url, '/a')))).toContain('answered 403')
    expect(refusing.requests).toHaveLength(1)
  })

  test('a server that wants to be left alone for long is not waited for', async () => {
    const later = new Date(Date.now() + 3_600_000).toUTCString()
    for (const after of ['3600', later]) {
      const busy = await server((_, response) => response.writeHead(503, { 'retry-after': after }).end())
      expect(await failure(transport().document(request(busy.url, '/a')))).toContain(
        `answered 503 (it says: retry after ${after})`,
      )
      expect(busy.requests).toHaveLength(1)
    }
  })

  test('an abort ends a pause', async () => {
    const controller = new AbortController()
    const busy = await server((_, response) => {
      response.writeHead(503).end(() => setImmediate(() => controller.abort()))
    })
    const waiting = { attempts: 4, firstPause: 3_600_000, longestPause: 3_600_000 }
    const { document } = transport({ signal: controller.signal, patience: waiting })
    expect(await failure(document(request(busy.url, '/a')))).toBe('PEI_CANCELLED cancelled')
  })
})

describe('time limits', () => {
  test('no answer, no data, and data that merely drips', async () => {
    const { url } = await server((asked, response) => {
      if (asked.url === '/mute') return
      response.write('x'.repeat(10))
      if (asked.url === '/stuck') return
      const timer = setInterval(() => response.write('x'), 50)
      response.on('close', () => clearInterval(timer))
    })
    const { document } = transport({ limits: hasty, patience: once })
    const failures = await Promise.all(
      ['/mute', '/stuck', '/drip'].map((path) => failure(document(request(url, path)))),
    )
    expect(failures[0]).toBe(`PEI_FETCH_TIMEOUT cannot fetch ${url}/mute: the server did not answer in time`)
    expect(failures[1]).toBe(`PEI_FETCH_TIMEOUT cannot fetch ${url}/stuck: no data came for 0.4 s`)
    expect(failures[2]).toMatch(/^PEI_FETCH_TIMEOUT .*: only \d+ bytes came within 0.6 s$/)
  })

  test('a slow but steady transfer is let finish', async () => {
    const { url } = await server((_, response) => {
      let sent = 0
      const timer = setInterval(() => {
        response.write(Buffer.alloc(200))
        sent += 200
        if (sent >= 5000) {
          clearInterval(timer)
          response.end()
        }
      }, 50)
    })
    expect(
      (await transport({ limits: hasty, patience: once }).document(request(url, '/a', 10_000))).length,
    ).toBe(5000)
  })

  test('an abort ends what is under way, and what would begin', async () => {
    const controller = new AbortController()
    const { url } = await server((_, response) => {
      response.write('x', () => controller.abort())
    })
    const { document } = transport({ signal: controller.signal })
    expect(await failure(document(request(url, '/a')))).toBe('PEI_CANCELLED cancelled')
    expect(await failure(document(request(url, '/a')))).toBe('PEI_CANCELLED cancelled')
  })
})

describe('redirects', () => {
  test('five are followed, six are not', async () => {
    const { url } = await server((asked, response) => {
      const left = Number(asked.url?.slice(1))
      if (left === 0) response.end('there')
      else response.writeHead(302, { location: `/${left - 1}` }).end()
    })
    const { document } = transport()
    expect((await document(request(url, '/5'))).toString()).toBe('there')
    expect(await failure(document(request(url, '/6')))).toBe(
      `PEI_FETCH_REDIRECT cannot fetch ${url}/6: it was redirected more than 5 times`,
    )
  })

  test.each(['file:///etc/hostname', 'ftp://127.0.0.1/x', 'http://'])('not to %s', async (target) => {
    const { url } = await server((_, response) => response.writeHead(301, { location: target }).end())
    expect(await failure(transport().document(request(url, '/a')))).toContain('PEI_FETCH_REDIRECT')
  })
})

describe('https', () => {
  let certificates: Certificates
  beforeAll(() => {
    certificates = makeCertificates()
  })

  test('needs a certificate that is trusted', async () => {
    const secure = await serveTls(certificates, (_, response) => response.end('secret'))
    cleanups.push(() => secure.close())
    const trusting = transport({ certificates: certificates.certificate })
    expect((await trusting.document(request(secure.url, '/a'))).toString()).toBe('secret')
    expect(await failure(transport().document(request(secure.url, '/a')))).toContain('self-signed')
  })

  test('is never left for http, even where http is allowed', async () => {
    const plain = await server((_, response) => response.end('plain'))
    const secure = await serveTls(certificates, (_, response) =>
      response.writeHead(302, { location: `${plain.url}/a` }).end(),
    )
    cleanups.push(() => secure.close())
    const fetching = transport({ certificates: certificates.certificate }).document({
      ...request(secure.url, '/a'),
      location: { baseUrl: secure.url, insecure: true },
    })
    expect(await failure(fetching)).toContain(`it was redirected from https to ${plain.url}/a`)
    expect(plain.requests).toEqual([])
  })
})

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

describe('files', () => {
  test('are read within the same bounds; only regular ones', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'peipkg-test-'))
    cleanups.push(() => rmSync(directory, { recursive: true }))
    writeFileSync(join(directory, 'a'), 'text')
    writeFileSync(join(directory, 'large'), Buffer.alloc(1001))
    writeFileSync(join(directory, 'empty'), '')
    mkdirSync(join(directory, 'd'))
    execFileSync('mkfifo', [join(directory, 'fifo')])
    const base = `file://${directory}`
    const { document, optionalDocument } = transport()
    expect((await document(request(base, '/a'))).toString()).toBe('text')
    expect((await document(request(base, '/empty'))).length).toBe(0)
    expect(await optionalDocument(request(base, '/none'))).toBeNull()
    expect(await failure(document(request(base, '/large')))).toContain('PEI_FETCH_TOO_LARGE')
    expect(await failure(document(request(base, '/d')))).toContain('not a regular file')
    expect(await failure(document(request(base, '/fifo')))).toContain('not a regular file')
  })

  test('a repository on a server cannot point at them', async () => {
    const fetching = transport().document({
      address: 'file:///etc/hostname',
      location: { baseUrl: 'https://127.0.0.1', insecure: true },
      limit: 10,
    })
    expect(await failure(fetching)).toContain('PEI_FETCH_SCHEME')
  })
})
