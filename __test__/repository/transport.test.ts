import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { beforeAll, describe, expect, test } from 'vitest'
import { type Certificates, makeCertificates, serveTls } from './servers.ts'
import { cleanups, failure, hasty, once, request, server, transport } from './transports.ts'

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
