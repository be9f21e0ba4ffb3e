import { randomBytes } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { gzipSync } from 'node:zlib'
import { describe, expect, test, vi } from 'vitest'
import { failure, hasty, once, request, server, transport } from './transports.ts'
import { zstdStored, zstdZeros } from './zstd.ts'

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
