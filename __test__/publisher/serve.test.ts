import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { cacheControl, type Serving, serve } from '../../ts/publisher/serve.ts'

let directory: string
let serving: Serving

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'peipkg-serve-'))
  const root = join(directory, 'root')
  for (const path of ['p/a', 'keys', '.publish']) mkdirSync(join(root, path), { recursive: true })
  writeFileSync(join(directory, 'secret'), 'secret')
  writeFileSync(join(root, 'index.html'), '<!doctype html>')
  writeFileSync(join(root, 'p/a/a+b_1:1~rc1-1_noarch.peipkg'), '0123456789')
  writeFileSync(join(root, 'empty'), '')
  writeFileSync(join(root, '.publish/x'), 'half')
  symlinkSync('../secret', join(root, 'link'))
  serving = await serve({ directory: root, host: '127.0.0.1', port: 0 })
})

afterAll(async () => {
  await serving.close()
  rmSync(directory, { recursive: true })
})

/** Paths as they are: fetch would tidy them. */
function get(path: string, headers: Record<string, string> = {}, method = 'GET') {
  return new Promise<{ status: number; headers: Record<string, unknown>; body: string }>(
    (resolve, reject) => {
      const { hostname, port } = new URL(serving.address)
      const sent = request({ hostname, port, path, headers, method, agent: false }, (answer) => {
        let body = ''
        answer.setEncoding('utf8').on('data', (text: string) => {
          body += text
        })
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body }))
      })
      sent.on('error', reject).end()
    },
  )
}

const PACKAGE = '/p/a/a+b_1:1~rc1-1_noarch.peipkg'

it('serves files with their types and how long they may be kept', async () => {
  expect(await get('/')).toMatchObject({
    status: 200,
    body: '<!doctype html>',
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'public, max-age=60',
      'x-content-type-options': 'nosniff',
    },
  })
  const whole = await get(PACKAGE)
  expect(whole).toMatchObject({
    status: 200,
    body: '0123456789',
    headers: { 'content-length': '10', 'accept-ranges': 'bytes' },
  })
  expect(await get(PACKAGE.replace('+', '%2B'))).toMatchObject({ status: 200 })
  expect(await get(PACKAGE, {}, 'HEAD')).toMatchObject({
    status: 200,
    body: '',
    headers: { 'content-length': '10' },
  })
  expect(await get('/empty')).toMatchObject({ status: 200, body: '', headers: { 'content-length': '0' } })
  expect(['repo.json', 'index/active.json', 'keys/x.pub', 'p/x.peipkg'].map(cacheControl)).toEqual([
    'public, max-age=60',
    'public, max-age=60',
    'public, max-age=3600',
    'public, max-age=31536000, immutable',
  ])
})

it('serves parts', async () => {
  for (const [range, status, body, where] of [
    ['bytes=2-4', 206, '234', 'bytes 2-4/10'],
    ['bytes=7-', 206, '789', 'bytes 7-9/10'],
    ['bytes=-2', 206, '89', 'bytes 8-9/10'],
    ['bytes=-99', 206, '0123456789', 'bytes 0-9/10'],
    ['bytes=3-99', 206, '3456789', 'bytes 3-9/10'],
    ['bytes=10-', 416, '', 'bytes */10'],
    ['bytes=-0', 416, '', 'bytes */10'],
    ['bytes=4-2', 200, '0123456789', undefined],
    ['bytes=0-1,3-4', 200, '0123456789', undefined],
    ['lines=1-2', 200, '0123456789', undefined],
  ] as const) {
    const answer = await get(PACKAGE, { range })
    expect([answer.status, answer.body, answer.headers['content-range']], range).toEqual([
      status,
      body,
      where,
    ])
  }
})

it('sends nothing that the client has', async () => {
  const { headers } = await get(PACKAGE)
  const [etag, modified] = [String(headers.etag), String(headers['last-modified'])]
  expect(await get(PACKAGE, { 'if-none-match': `"x", W/${etag}` })).toMatchObject({ status: 304, body: '' })
  expect(await get(PACKAGE, { 'if-none-match': '"x"', 'if-modified-since': modified })).toMatchObject({
    status: 200,
  })
  expect(await get(PACKAGE, { 'if-modified-since': modified })).toMatchObject({ status: 304 })
  expect(await get(PACKAGE, { range: 'bytes=1-1', 'if-range': etag })).toMatchObject({ status: 206 })
  expect(await get(PACKAGE, { range: 'bytes=1-1', 'if-range': '"x"' })).toMatchObject({ status: 200 })
})

it('serves nothing else', async () => {
  for (const path of [
    '/../secret',
    '/%2e%2e/secret',
    '/link',
    '/.publish/x',
    '/p',
    '/p/',
    '/absent',
    '/%zz',
    '/x%00',
    '//etc/passwd',
    '*',
  ]) {
    expect((await get(path)).status, path).toBe(404)
  }
  expect(await get('/', {}, 'PUT')).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } })
})
