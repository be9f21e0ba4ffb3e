import { connect } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { normalise } from '../../../ts/manager/http/upstreams.ts'
import { createWorld, type Given, hmac, recipe, secret, signed, type World } from './world.ts'

let world: World
afterEach(() => world.end())

async function begin(given: Given = {}): Promise<World> {
  world = await createWorld({ recipes: [recipe('hello')], ...given })
  world.lines.length = 0
  return world
}

const push = (more: object = {}) =>
  JSON.stringify({ ref: 'refs/tags/v1', repository: { html_url: 'https://example.org/hello', ...more } })

const post = (
  body: string | Buffer,
  headers: Record<string, string> = signed(body),
  path = '/webhooks/github',
) => world.ask(path, { method: 'POST', headers, body })

describe("GitHub's", () => {
  test('starts a poll at once', async () => {
    await begin()
    expect(await post(push())).toMatchObject({ status: 200, body: '' })
    expect(world.polls).toEqual(['hello webhook'])
    expect(world.lines).toEqual(['info webhook accepted, triggering immediate poll recipe=hello'])
    expect(await post(push())).toMatchObject({ status: 200 })
    expect(world.polls, 'the same once more is one more poll, nothing else').toHaveLength(2)
  })

  test('only POST', async () => {
    await begin()
    for (const method of ['GET', 'PUT', 'DELETE', 'OPTIONS']) {
      expect(await world.ask('/webhooks/github', { method })).toMatchObject({
        status: 405,
        body: 'method not allowed\n',
        headers: { 'content-type': 'text/plain; charset=utf-8' },
      })
    }
  })

  test.each([
    ['none', () => ({})],
    ['empty', () => ({ 'X-Hub-Signature-256': '' })],
    ['no prefix', (body: string) => ({ 'X-Hub-Signature-256': hmac(body) })],
    ['short', (body: string) => ({ 'X-Hub-Signature-256': `sha256=${hmac(body).slice(2)}` })],
    ['long', (body: string) => ({ 'X-Hub-Signature-256': `sha256=${hmac(body)}00` })],
    [
      'no hexadecimal',
      (body: string) => ({ 'X-Hub-Signature-256': `sha256=${hmac(body).replace(/./, 'g')}` }),
    ],
    ['of another secret', (body: string) => signed(body, 'another')],
    ['of an empty secret', (body: string) => signed(body, '')],
    ['of another body', () => signed('{}')],
    ['SHA-1', (body: string) => ({ 'X-Hub-Signature': `sha1=${hmac(body, secret, 'sha1')}` })],
    [
      'SHA-1 in the place of SHA-256',
      (body: string) => ({ 'X-Hub-Signature-256': `sha1=${hmac(body, secret, 'sha1')}` }),
    ],
    ['prefix in capitals', (body: string) => ({ 'X-Hub-Signature-256': `SHA256=${hmac(body)}` })],
  ])('refused: signature %s', async (_, headers) => {
    await begin()
    const body = push()
    expect(await post(body, headers(body))).toMatchObject({ status: 401, body: 'invalid signature\n' })
    expect(world.polls).toEqual([])
    expect(world.lines).toEqual([
      expect.stringMatching(/^warn webhook signature invalid remote=127\.0\.0\.1:\d+$/),
    ])
  })

  test('digits in capitals are the same digits', async () => {
    await begin()
    const body = push()
    const headers = { 'X-Hub-Signature-256': `sha256=${hmac(body).toUpperCase()}` }
    expect(await post(body, headers)).toMatchObject({ status: 200 })
    expect(world.polls).toHaveLength(1)
  })

  test('the signature comes before the document: what is not JSON is 401 without one, 400 with it', async () => {
    await begin()
    expect(await post('{', {})).toMatchObject({ status: 401 })
    for (const body of [
      '{',
      '',
      'a=b',
      '[]',
      '5',
      '"x"',
      '{"repository": 5}',
      '{"repository": {"html_url": 5}}',
    ]) {
      expect(await post(body), body).toMatchObject({ status: 400, body: 'parse json\n' })
    }
    for (const body of ['null', '{}', '{"repository": null}', '{"zen": "Ping."}']) {
      expect(await post(body), body).toMatchObject({ status: 200, body: '' })
    }
    expect(await post('['.repeat(1_000_000))).toMatchObject({ status: 400 })
    expect(world.polls).toEqual([])
  })

  test('what is beyond 16 MiB is cut, so that the signature fails', async () => {
    await begin()
    const large = (bytes: number) => {
      const text = push({ padding: '' })
      return text.replace('"padding":""', `"padding":"${'x'.repeat(bytes - text.length)}"`)
    }
    const fits = large(16 * 2 ** 20)
    expect(await post(fits)).toMatchObject({ status: 200 })
    const tooLarge = large(17 * 2 ** 20)
    expect(await post(tooLarge)).toMatchObject({ status: 401 })
    expect(await post(tooLarge, signed(tooLarge.slice(0, 16 * 2 ** 20)))).toMatchObject({ status: 400 })
    expect(world.polls).toHaveLength(1)
  })

  test('repositories that nobody watches, or whose recipe opted out', async () => {
    await begin({ recipes: [recipe('hello', { githubWebhook: false })] })
    expect(await post(push())).toMatchObject({ status: 200, body: '' })
    const hostile = '{"repository": {"html_url": "https://x/\\u001b[2J\\n=\\u202e"}}'
    expect(await post(hostile)).toMatchObject({ status: 200 })
    expect(world.polls).toEqual([])
    expect(world.lines).toEqual([
      'info webhook for unrecognised or opted-out repo html_url=https://example.org/hello',
      'info webhook for unrecognised or opted-out repo html_url=https://x/\u001b[2J\n=\u202e',
    ])
  })

  test('without a secret nothing is accepted', async () => {
    await begin({ secrets: {} })
    expect(await post(push())).toMatchObject({ status: 401 })
    expect(await post(push(), {})).toMatchObject({ status: 401 })
    expect(world.polls).toEqual([])
  })

  test('a reload that brings webhooks without a secret says so once; the server goes on', async () => {
    await begin({ secrets: {}, recipes: [] })
    world.say.recipes.push(recipe('hello'))
    await world.reload()
    expect(world.lines).toContain(
      'error webhooks are refused err=[http].webhook_secret_file is required: recipe hello has github_webhook = true',
    )
    expect(await post(push())).toMatchObject({ status: 401 })
    expect(await world.ask('/healthz')).toMatchObject({ status: 200 })
  })
})

describe('which recipes', () => {
  test.each([
    [{ html_url: 'https://EXAMPLE.org/Hello/' }],
    [{ html_url: 'https://elsewhere.org/x', clone_url: 'https://example.org/hello.git' }],
    [{ html_url: 'https://elsewhere.org/x', ssh_url: 'git@example.org:team/ssh.git' }, 'ssh'],
    [{ html_url: 'https://elsewhere.org/x', git_url: 'git://example.org/plain.git' }, 'plain'],
    [{ html_url: 'https://example.org/shared' }, 'fsbase', 'live-boot'],
    [{ html_url: 'https://example.org/broken' }, undefined],
  ])('%j', async (repository, ...ids) => {
    await begin({
      recipes: [
        recipe('broken', { pattern: undefined } as never),
        recipe('fsbase', { git: 'https://example.org/shared' }),
        recipe('hello'),
        recipe('live-boot', { git: 'https://example.org/shared.git/' }),
        recipe('plain', { git: 'git://example.org/plain' }),
        recipe('ssh', { git: 'ssh://git@example.org/team/ssh' }),
      ],
    })
    expect(await post(JSON.stringify({ repository }))).toMatchObject({ status: 200 })
    const expected = ids.length === 0 ? ['hello'] : ids.filter((id) => id !== undefined)
    expect(world.polls).toEqual(expected.map((id) => `${id} webhook`))
  })

  test('addresses', async () => {
    await begin()
    expect(
      [
        'https://Example.org/A/B.git',
        'https://example.org/a/b/',
        'https://example.org/a/b.git/',
        'https://example.org/a/b//',
        'https://token@example.org/a/b',
        'git@example.org:a/b.git',
        'ssh://git@example.org/a/b',
        'file:///srv/git/a.git',
        '/srv/git/a.git',
      ].map(normalise),
    ).toEqual([
      'https://example.org/a/b',
      'https://example.org/a/b',
      'https://example.org/a/b',
      'https://example.org/a/b/',
      'https://example.org/a/b',
      'ssh://git@example.org/a/b',
      'ssh://git@example.org/a/b',
      'file:///srv/git/a',
      '/srv/git/a',
    ])
  })
})

describe('other forges', () => {
  test.each([
    ['/webhooks/forgejo', 'X-Forgejo-Signature'],
    ['/webhooks/forgejo', 'X-Gitea-Signature'],
    ['/webhooks/gitea', 'X-Gitea-Signature'],
  ])('%s with %s', async (path, header) => {
    await begin({ secrets: { forgejo: Buffer.from('f') } })
    const body = push()
    expect(await post(body, { [header]: hmac(body, 'f') }, path)).toMatchObject({ status: 200 })
    expect(world.lines).toEqual([
      'info webhook accepted, triggering immediate poll recipe=hello forge=forgejo',
    ])
    expect(await post(body, { [header]: hmac(body, 'g') }, path)).toMatchObject({ status: 401 })
    expect(await post(body, {}, path)).toMatchObject({ status: 401 })
    expect(world.polls).toHaveLength(1)
  })

  test('GitLab', async () => {
    await begin({ secrets: { gitlab: Buffer.from('token') } })
    const body = JSON.stringify({
      object_kind: 'tag_push',
      project: { git_http_url: 'https://example.org/hello.git' },
    })
    const path = '/webhooks/gitlab'
    expect(await post(body, { 'X-Gitlab-Token': 'token' }, path)).toMatchObject({ status: 200 })
    for (const token of ['', 'toke', 'tokens', 'TOKEN']) {
      expect(await post(body, { 'X-Gitlab-Token': token }, path)).toMatchObject({ status: 401 })
    }
    expect(await post('{"project": []}', { 'X-Gitlab-Token': 'token' }, path)).toMatchObject({ status: 400 })
    expect(world.polls).toEqual(['hello webhook'])
  })

  test('without their secrets they are not there', async () => {
    await begin()
    for (const path of [
      '/webhooks/forgejo',
      '/webhooks/gitea',
      '/webhooks/gitlab',
      '/webhooks/',
      '/webhooks/x',
    ]) {
      expect(await post(push(), signed(push()), path)).toMatchObject({
        status: 404,
        body: '404 page not found\n',
      })
    }
  })
})

describe('slow senders', () => {
  const times = { headers: 200, request: 400, close: 300 }
  const head = 'POST /webhooks/github HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n'

  /** What the server says to a sender that says no more. */
  function silence(text: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const socket = connect(world.port, '127.0.0.1', () => socket.write(text))
      let answer = ''
      socket.setEncoding('utf8').on('data', (chunk: string) => {
        answer += chunk
      })
      socket.on('error', reject).on('close', () => resolve(answer))
    })
  }

  test('of headers and of bodies are not waited for', async () => {
    await begin({ times })
    expect(await silence(head)).toMatch(/^HTTP\/1\.1 408 /)
    expect(await silence(`${head}X-Hub-Signature-256: sha256=${'0'.repeat(64)}\r\n\r\n{`)).toMatch(
      /^HTTP\/1\.1 408 /,
    )
    await expect.poll(() => world.ask('/healthz')).toMatchObject({ status: 200 })
  })

  test('are heard out when the server closes, and nobody waits for their next request', async () => {
    await begin({ times: { headers: 10_000, request: 60_000, close: 600_000 } })
    const socket = connect(world.port, '127.0.0.1')
    let answer = ''
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      answer += chunk
    })
    socket.write(`${head}\r\n${'x'.repeat(99)}`)
    await expect.poll(() => world.ask('/healthz')).toMatchObject({ status: 200 })
    const reloading = world.reload()
    socket.write('x')
    await reloading
    await expect.poll(() => answer).toMatch(/^HTTP\/1\.1 401 /)
  })

  test('do not hold up the end', async () => {
    await begin({ times: { headers: 10_000, request: 60_000, close: 300 } })
    const answered = silence(`${head}\r\n{`)
    await expect.poll(() => world.ask('/healthz')).toMatchObject({ status: 200 })
    await world.reload()
    expect(await answered).toBe('')
  })
})
