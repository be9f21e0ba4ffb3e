import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import type { HistoryEntry } from '../../../ts/manager/model.ts'
import { createWorld, recipe, type World } from './world.ts'

let world: World
afterEach(() => world.end())

const hostile = '<script>alert(1)</script>"\'&\u001b[2J\u202e'

const failed: HistoryEntry = {
  recipe: 'hello',
  version: '1.0-1',
  tag: 'v1.0',
  commit: 'c',
  source: 'poll',
  started_at: '2026-01-01T00:00:00Z',
  ended_at: '2026-01-01T00:01:05Z',
  result: 'failed',
  stage: 'build',
  error: hostile,
  outputs: [],
  log: 'a b.log',
}

async function begin(http = ''): Promise<void> {
  world = await createWorld({ http, recipes: [recipe('hello'), recipe('wörld', { git: hostile })] })
  const log = join(world.scratch, 'log')
  writeFileSync(log, 'line 1\n\u001b[31mred')
  world.say.history = [failed, { ...failed, recipe: 'gone', log: 'gone.log' }]
  world.say.logs.set('hello/a b.log', log)
  world.say.status = {
    problems: new Map([['wörld', `recipe wörld: ${hostile}`]]),
    failures: new Map([['hello@1.0-1', { failures: 1, nextRetry: Date.now() + 60_000 }]]),
    polls: new Map([['hello', { at: Date.now(), error: hostile }]]),
  }
}

test('the first page: everything, escaped, with a policy that lets nothing in', async () => {
  await begin()
  const { status, headers, body } = await world.ask('/')
  expect(status).toBe(200)
  expect(headers['content-type']).toBe('text/html; charset=utf-8')
  expect(headers['content-security-policy']).toMatch(
    /^default-src 'none'; style-src 'sha256-[^']+'; img-src data:;/,
  )
  for (const text of ['f1', 'Needs attention', 'Recent builds', '/recipes/hello', '/recipes/w%C3%B6rld']) {
    expect(body).toContain(text)
  }
  expect(body).toContain('/logs/hello/a%20b.log')
  expect(body, 'a log that is gone has no link').not.toContain('/logs/gone')
  expect(body).not.toMatch(/<script|\u001b|\u202e|javascript:|https?:\/\/(?!example\.org|www\.w3\.org)/)
  expect(body).toContain('&lt;script&gt;')
})

test('one recipe, and its logs as they were printed', async () => {
  await begin()
  const page = await world.ask('/recipes/w%C3%B6rld')
  expect(page.body).toContain('<h1>wörld</h1>')
  expect(page.body).not.toMatch(/<script|\u001b/)
  expect(await world.ask('/logs/hello/a%20b.log')).toMatchObject({
    status: 200,
    body: 'line 1\n\u001b[31mred',
    headers: {
      'content-type': 'text/plain; charset=utf-8',
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; sandbox",
    },
  })
  world.say.logs.set('hello/b.log', join(world.scratch, 'removed'))
  const missing = [
    '/recipes/none',
    '/recipes/',
    '/recipes/hello/x',
    '/logs/hello',
    '/logs/hello/b.log',
    '/logs/hello/..%2f..%2fetc%2fpasswd',
    '/logs/%2e%2e/x',
    '/logs/hello/a%20b.log/x',
    '/recipes/%ff',
  ]
  for (const path of missing) expect(await world.ask(path), path).toMatchObject({ status: 404 })
})

test('nothing can be changed', async () => {
  await begin()
  for (const method of ['POST', 'PUT', 'DELETE', 'PATCH']) {
    expect(await world.ask('/', { method })).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } })
  }
  expect(await world.ask('/', { method: 'HEAD' })).toMatchObject({ status: 200, body: '' })
})

describe('who may see it', () => {
  const paths = ['/', '/recipes/hello', '/logs/hello/a%20b.log']
  const statuses = (headers: Record<string, string> = {}) =>
    Promise.all(paths.map(async (path) => (await world.ask(path, { headers })).status))

  test('people on this machine, under its own names', async () => {
    await begin()
    const port = world.port
    for (const host of [
      'localhost',
      `LOCALHOST:${port}`,
      `127.0.0.1:${port}`,
      `[::1]:${port}`,
      '127.8.9.1',
    ]) {
      expect(await statuses({ Host: host }), host).toEqual([200, 200, 200])
    }
    for (const host of ['evil.example', 'localhost.evil.example', '10.0.0.1']) {
      expect(await statuses({ Host: host }), host).toEqual([404, 404, 404])
    }
  })

  test('nobody through a proxy', async () => {
    await begin()
    for (const header of ['X-Forwarded-For', 'X-Real-IP', 'Forwarded', 'Via']) {
      expect(await statuses({ [header]: '203.0.113.9' }), header).toEqual([404, 404, 404])
    }
    expect(await world.ask('/status', { headers: { 'X-Forwarded-For': '203.0.113.9' } })).toMatchObject({
      status: 200,
    })
  })

  test('everybody, or nobody, when so configured', async () => {
    await begin('page = "public"')
    expect(await statuses({ Host: 'farm.example', Via: 'x' })).toEqual([200, 200, 200])
    await world.end()
    await begin('page = "off"')
    expect(await statuses()).toEqual([404, 404, 404])
  })
})
