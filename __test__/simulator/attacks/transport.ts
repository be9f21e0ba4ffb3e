/** Attacks by how a server answers. */
import { gzipSync } from 'node:zlib'
import { zstdStored, zstdZeros } from '../../repository/zstd.ts'
import { type Handler, honest } from '../site.ts'
import type { World } from '../world.ts'
import { type Attack, next } from './attack.ts'

const mebibyte = 1024 * 1024
const index = 'index/active.json'

/** A new version is published, and `path` answers like this. */
const answering =
  (path: string, handler: (world: World) => Handler): Attack['prepare'] =>
  (world) => {
    world.publish(next(world))
    world.victim.handlers.set(path, handler(world))
  }

/** Writes for ever. */
const endless =
  (piece: Buffer): Handler =>
  (_, response) => {
    const more = () => {
      while (!response.destroyed && response.write(piece));
    }
    response.on('drain', more)
    more()
  }

const encoded =
  (encoding: string, body: (plain: Buffer) => Buffer): Handler =>
  (_, response, plain) => {
    response.setHeader('content-encoding', encoding)
    response.end(body(plain as Buffer))
  }

const redirect = (target: (world: World) => string, path = index): Attack['prepare'] =>
  answering(path, (world) => (_, response) => response.writeHead(302, { location: target(world) }).end())

/** As many bytes as `pieces` a second at most. */
const dripping: Handler = (_, response) => {
  const timer = setInterval(() => response.write('x'), 20)
  response.on('close', () => clearInterval(timer))
}

const announcing =
  (length: (body: Buffer) => number): Handler =>
  (_, response, body) => {
    const bytes = body as Buffer
    response.socket?.end(
      Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\ncontent-length: ${length(bytes)}\r\n\r\n`), bytes]),
    )
  }

export const transportAttacks: readonly Attack[] = [
  ...['repo.json', 'repo.json.sig', `${index}.sig`].map((path) => ({
    name: `endless data: ${path}`,
    prepare: answering(path, () => endless(Buffer.alloc(64 * 1024, ' '))),
    ends: /^PEI_FETCH_TOO_LARGE .* is larger than \d+ bytes: not read any further/,
  })),
  {
    name: 'more announced than an index may be',
    prepare: answering(index, () => (_, response) => {
      response.setHeader('content-length', 2 ** 40)
      response.write('{')
    }),
    ends: /^PEI_FETCH_TOO_LARGE /,
  },
  {
    name: 'slow drip',
    prepare: answering(index, () => dripping),
    ends: /^PEI_FETCH_TIMEOUT .*only \d+ bytes came within/,
  },
  {
    name: 'a transfer that stands still',
    prepare: answering(index, () => (_, response) => response.write('{')),
    ends: /^PEI_FETCH_TIMEOUT .*no data came for/,
  },
  {
    name: 'a server that accepts and says nothing',
    prepare: answering('repo.json', () => () => undefined),
    ends: /^PEI_FETCH_TIMEOUT .*did not answer in time/,
  },
  {
    name: 'wrong length: more announced than sent',
    prepare: answering(index, () => announcing((body) => body.length + 1)),
    ends: /^PEI_FETCH_FAILED .*closed before the end/,
  },
  {
    name: 'wrong length: less announced than sent',
    prepare: answering(index, () => announcing((body) => body.length - 1)),
    ends: /^PEI_(SIGNATURE_INVALID|REPO_INDEX|FETCH_FAILED) /,
  },
  {
    name: 'reset in the middle',
    prepare: answering(index, () => (_, response, body) => {
      response.write((body as Buffer).subarray(0, 100), () => response.socket?.resetAndDestroy())
    }),
    ends: /^PEI_FETCH_FAILED /,
  },
  {
    name: 'reset at once',
    prepare: answering('repo.json', () => (request) => request.socket.resetAndDestroy()),
    ends: /^PEI_FETCH_FAILED /,
  },
  {
    name: 'a gzip bomb',
    prepare: answering(index, () => {
      const part = gzipSync(Buffer.alloc(16 * mebibyte))
      return encoded('gzip', () => Buffer.concat(new Array<Buffer>(16).fill(part)))
    }),
    ends: /^PEI_FETCH_TOO_LARGE .*unbelievable size/,
  },
  {
    name: 'a zstd bomb',
    prepare: answering(index, () => encoded('zstd', () => zstdZeros(4096))),
    ends: /^PEI_FETCH_TOO_LARGE .*unbelievable size/,
  },
  {
    name: 'a bomb in place of a signature',
    prepare: answering('repo.json.sig', () => encoded('gzip', () => gzipSync(Buffer.alloc(mebibyte)))),
    ends: /^PEI_FETCH_TOO_LARGE .*larger than 65536 bytes/,
  },
  {
    name: 'endless compressed data that unpacks to nothing',
    prepare: answering('repo.json.sig', () => (request, response, body) => {
      response.setHeader('content-encoding', 'gzip')
      const nothing = Buffer.concat(new Array<Buffer>(500).fill(gzipSync('')))
      endless(nothing)(request, response, body)
    }),
    ends: /^PEI_FETCH_TOO_LARGE /,
  },
  {
    name: 'zstd that is cut off',
    prepare: answering(index, () => encoded('zstd', (body) => zstdStored(body).subarray(0, -3))),
    ends: /^PEI_FETCH_FAILED .*before its end/,
  },
  {
    name: 'zstd that wants a window of 128 MiB',
    prepare: answering(index, () =>
      encoded('zstd', (body) => {
        const frame = zstdStored(body)
        frame[5] = 17 << 3
        return frame
      }),
    ),
    ends: /^PEI_FETCH_FAILED .*does not unpack/,
  },
  {
    name: 'gzip that is no gzip',
    prepare: answering(index, () => encoded('gzip', (body) => body)),
    ends: /^PEI_FETCH_FAILED /,
  },
  {
    name: 'an encoding that nobody asked for',
    prepare: answering(index, () => encoded('br', (body) => body)),
    ends: /^PEI_FETCH_FAILED .*encoded as "br", which was not asked for/,
  },
  ...['file:///etc/passwd', 'ftp://127.0.0.1/x', 'data:application/json,{}', 'http://'].map((target) => ({
    name: `redirect to ${target}`,
    prepare: redirect(() => target),
    ends: /^PEI_FETCH_REDIRECT /,
  })),
  {
    name: 'redirects without end',
    prepare: redirect((world) => `${world.victim.url}/${index}`),
    ends: /^PEI_FETCH_REDIRECT .*more than 5 times/,
  },
  {
    name: 'redirect to another repository',
    prepare: redirect((world) => `${world.other.url}/repo.json`, 'repo.json'),
    ends: /^PEI_(REPO_RENAMED|SIGNATURE_\w+) /,
  },
  {
    name: 'redirect of everything to another repository',
    prepare: (world) =>
      world.victim.handlers.set('*', (request, response) =>
        response.writeHead(302, { location: `${world.other.url}${request.url}` }).end(),
      ),
    ends: /^PEI_(REPO_RENAMED|SIGNATURE_KEY_UNKNOWN) /,
  },
  {
    name: 'a part that nobody asked for',
    prepare: answering(index, () => (_, response, body) => {
      const { length } = body as Buffer
      response.writeHead(206, { 'content-range': `bytes 0-${length - 1}/${length}` }).end(body)
    }),
    ends: /^PEI_FETCH_STATUS .*answered 206/,
  },
  {
    name: '"not modified" where nothing was known',
    prepare: answering('repo.json', () => (_, response) => response.writeHead(304).end()),
    ends: /^PEI_FETCH_STATUS .*answered 304/,
  },
  {
    name: '"not modified" to hide a new version',
    prepare: answering(index, () => (_, response) => response.writeHead(304).end()),
    // The signature of the new index does not fit the cached one.
    ends: /^PEI_FETCH_STATUS .*answered 304/,
  },
  {
    name: '"not modified" with the old signature, to hide a new version: a freeze',
    prepare: (world) => {
      const old = world.victim.files.get(`${index}.sig`) as Buffer
      world.publish(next(world))
      world.victim.files.set(`${index}.sig`, old)
      const descriptor = world.victim.files
      world.victim.handlers.set(index, (request, response, body) =>
        request.headers['if-none-match'] === undefined
          ? honest(request, response, body)
          : response.writeHead(304).end(),
      )
      world.victim.files = descriptor
    },
    ends: /^already-current$/,
  },
  ...[403, 404, 410, 418, 500, 503].map((status) => ({
    name: `the answer ${status} to everything`,
    prepare: ((world) =>
      world.victim.handlers.set('*', (_, response) =>
        response.writeHead(status, { 'retry-after': '999999999' }).end('sorry'),
      )) satisfies Attack['prepare'],
    ends: /^PEI_FETCH_STATUS /,
  })),
  {
    name: 'headers without end',
    prepare: answering('repo.json', () => (_, response, body) => {
      response.socket?.end(
        Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(100_000)}\r\n\r\n`), body as Buffer]),
      )
    }),
    ends: /^PEI_FETCH_FAILED /,
  },
  {
    name: 'no HTTP at all',
    prepare: answering('repo.json', () => (request) => request.socket.end('220 mail.example.org ESMTP\r\n')),
    ends: /^PEI_FETCH_FAILED /,
  },
]
