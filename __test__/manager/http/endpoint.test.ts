import { createServer } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { parseListenAddress } from '../../../ts/config/listen-address.ts'
import { createWorld, type Given, recipe, signed, type World } from './world.ts'

let world: World
const worlds: World[] = []
afterEach(async () => {
  for (const made of worlds.splice(0)) await made.end()
})

async function make(given?: Given): Promise<World> {
  const made = await createWorld(given)
  worlds.push(made)
  return made
}

test('healthz, and what is not there', async () => {
  world = await make()
  for (const method of ['GET', 'POST', 'DELETE']) {
    const { status, headers, body } = await world.ask('/healthz', { method })
    expect({ status, type: headers['content-type'], body }).toEqual({
      status: 200,
      type: 'text/plain; charset=utf-8',
      body: 'ok\n',
    })
  }
  for (const path of ['/nothing', '/healthz/', '/status.json', '//', '/recipes/%', '*']) {
    expect(await world.ask(path)).toMatchObject({ status: 404, body: '404 page not found\n' })
  }
  expect(world.lines).toEqual([`info webhook server listening addr=127.0.0.1:${world.port}`])
})

describe('status', () => {
  const documented = (body: string) => body.slice(0, body.indexOf(',\n  "queued"'))

  test('idle', async () => {
    world = await make()
    const { status, headers, body } = await world.ask('/status')
    expect({ status, type: headers['content-type'] }).toEqual({
      status: 200,
      type: 'application/json; charset=utf-8',
    })
    expect(documented(body)).toBe(
      '{\n  "farm_id": "f1",\n  "recipes": [],\n  "builds_attempted": 0,\n  "builds_succeeded": 0,\n  "in_flight": null,\n  "failures": null',
    )
    expect(body.endsWith('\n}\n')).toBe(true)
  })

  test('at work', async () => {
    world = await make({ recipes: [recipe('hello')] })
    world.say.status = {
      buildsAttempted: 1,
      inFlight: {
        recipe: 'hello',
        version: '1.0.0-1',
        startedAt: Date.parse('2026-11-21T09:03:40.880Z'),
        log: undefined,
      },
      failures: new Map([
        ['musl@1.2.5-1', { failures: 2, nextRetry: Date.parse('2026-05-07T14:47:11.000Z') }],
      ]),
    }
    expect(documented((await world.ask('/status')).body)).toMatchInlineSnapshot(`
      "{
        "farm_id": "f1",
        "recipes": [
          "hello"
        ],
        "builds_attempted": 1,
        "builds_succeeded": 0,
        "in_flight": {
          "recipe": "hello",
          "version": "1.0.0-1",
          "started_at": "2026-11-21T09:03:40.88Z"
        },
        "failures": {
          "musl@1.2.5-1": {
            "failures": 2,
            "next_retry": "2026-05-07T14:47:11Z"
          }
        }"
    `)
  })

  test('what ours adds', async () => {
    world = await make({ recipes: [recipe('hello')] })
    world.say.status = {
      inFlight: { recipe: 'hello', version: '1-1', startedAt: 0, log: '1_1-1.log' },
      problems: new Map([['hello', 'recipe hello: why']]),
      queued: 3,
      uploadPending: { failures: 2, nextRetry: 60_000 },
      lastPublish: 1000,
    }
    world.say.history = [
      {
        recipe: 'hello',
        version: '1.0-1',
        tag: 'v1.0',
        commit: 'c',
        source: 'poll',
        started_at: '2026-01-01T00:00:00Z',
        ended_at: '2026-01-01T00:01:00Z',
        result: 'failed',
        stage: 'build',
        error: 'not for everybody',
        outputs: [],
        log: '1_1.0-1.log',
      },
    ]
    const { body } = await world.ask('/status')
    expect(JSON.parse(body)).toMatchObject({
      in_flight: { log: '/logs/hello/1_1-1.log' },
      queued: 3,
      problems: { hello: 'recipe hello: why' },
      upload_pending: { failures: 2, next_retry: '1970-01-01T00:01:00Z' },
      last_publish: '1970-01-01T00:00:01Z',
      recent: [
        {
          recipe: 'hello',
          version: '1.0-1',
          result: 'failed',
          ended_at: '2026-01-01T00:01:00Z',
          log: '/logs/hello/1_1.0-1.log',
        },
      ],
    })
    expect(body).not.toContain('not for everybody')
  })
})

test('metrics', async () => {
  world = await make({ recipes: [recipe('hello')] })
  world.say.status = {
    buildsAttempted: 3,
    buildsSucceeded: 2,
    failures: new Map([['hello@1.0-1', { failures: 2, nextRetry: 0 }]]),
    problems: new Map([['odd"\n', 'why']]),
    polls: new Map([['hello', { at: 5000, error: 'no' }]]),
    lastPublish: 7000,
  }
  await world.ask('/webhooks/github', { method: 'POST', headers: signed('{}'), body: '{}' })
  const { headers, body } = await world.ask('/metrics')
  expect(headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4/)
  for (const line of [
    'peipkg_manager_builds_attempted_total{farm="f1"} 3',
    'peipkg_manager_builds_succeeded_total{farm="f1"} 2',
    'peipkg_manager_recipes{farm="f1"} 1',
    'peipkg_manager_build_in_flight{farm="f1"} 0',
    'peipkg_manager_build_failures{recipe="hello",version="1.0-1",farm="f1"} 2',
    'peipkg_manager_recipe_skipped{recipe="odd\\"\\n",farm="f1"} 1',
    'peipkg_manager_last_poll_timestamp_seconds{recipe="hello",farm="f1"} 5',
    'peipkg_manager_last_poll_failed{recipe="hello",farm="f1"} 1',
    'peipkg_manager_last_publish_timestamp_seconds{farm="f1"} 7',
    'peipkg_manager_webhooks_total{forge="github",result="ignored",farm="f1"} 1',
  ]) {
    expect(body.split('\n')).toContain(line)
  }
  expect(body).not.toContain('peipkg_manager_build_started_timestamp_seconds{')
  expect(body).toContain('process_resident_memory_bytes')
  world.say.status = { failures: new Map() }
  await world.reload()
  const after = (await world.ask('/metrics')).body
  expect(after).not.toContain('peipkg_manager_build_failures{')
  expect(after, 'counters outlive reloads').toContain('result="ignored",farm="f1"} 1')
  expect(await world.ask('/metrics', { method: 'POST' })).toMatchObject({ status: 405 })
})

test('a port that somebody has: an error in the log, and nothing else', async () => {
  const other = createServer()
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  const { port } = other.address() as { port: number }
  world = await make({ port })
  expect(world.lines).toEqual([expect.stringMatching(/^error webhook server error err=listen EADDRINUSE/)])
  await new Promise((resolve) => other.close(resolve))
  await world.reload()
  expect(await world.ask('/healthz')).toMatchObject({ status: 200 })
})

describe('listen addresses', () => {
  test.each([
    [':8080', { host: undefined, port: 8080 }],
    ['127.0.0.1:0', { host: '127.0.0.1', port: 0 }],
    ['[::]:8080', { host: '::', port: 8080 }],
    ['localhost:80', { host: 'localhost', port: 80 }],
  ])('%s', (text, address) => {
    expect(parseListenAddress(text)).toEqual(address)
  })

  test.each(['8080', '', ':', ':99999', ':-1', '::1:80', 'x:y'])('%j is no address', (text) => {
    expect(() => parseListenAddress(text)).toThrow(/^listen tcp: address /)
  })
})
