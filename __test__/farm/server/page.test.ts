/** The page and the stream of events, as browsers meet them (file 10, HTTP). */
import { expect, test } from 'vitest'
import type { Attempt } from '../../../ts/farm/api/attempt.ts'
import { paths } from '../../../ts/farm/api/paths.ts'
import { onEveryEngine } from './engines.ts'

onEveryEngine('the page', {}, (world) => {
  const browse = (path: string, options: RequestInit = {}) =>
    fetch(world().url + path, { redirect: 'manual', ...options })
  const login = async () => {
    const answer = await browse('/login', {
      method: 'POST',
      body: new URLSearchParams({ token: world().token }),
    })
    return { status: answer.status, cookie: answer.headers.get('set-cookie') ?? '' }
  }

  test('asks for a token, and keeps it where neither scripts nor other sites reach it', async () => {
    const first = await browse('/')
    expect([first.status, await first.text()]).toEqual([401, expect.stringContaining('A token of this farm')])
    const wrong = await browse('/login', { method: 'POST', body: new URLSearchParams({ token: 'wrong' }) })
    expect([wrong.status, wrong.headers.get('set-cookie')]).toEqual([401, null])
    const { status, cookie } = await login()
    expect([status, cookie]).toEqual([
      303,
      expect.stringMatching(/^peipkg_farm=\S+; .*HttpOnly; SameSite=Strict$/),
    ])
    const page = await browse('/', { headers: { cookie } })
    const policy = page.headers.get('content-security-policy') ?? ''
    expect(policy).toContain("default-src 'none'")
    expect(policy).not.toContain('unsafe')
    expect(await page.text()).not.toMatch(/(src|href)="https?:/)
  })

  test('shows what waits with its reason, what runs, and what has ended', async () => {
    const { cookie } = await login()
    const text = async (path: string) => await (await browse(path, { headers: { cookie } })).text()
    const execution = await world().submit({
      name: 'shown',
      platform: 'page',
      require: ['<script>'.replace(/\W/g, 'x')],
    })
    expect(await text('/')).toContain('no worker fits: none of platform page has ever connected')
    const attempt = (await world().claim('page-1', 'page', { labels: { xscriptx: '' } })) as Attempt
    expect(await text('/')).toContain('page-1')
    await world()
      .as(attempt)
      .finish({ result: { kind: 'infrastructure', reason: '<img src=x>' } })
    expect(await text(`/executions/${execution}`)).toContain('&lt;img src=x&gt;')
    expect(await text('/history')).toContain('Nothing has ended yet')
  })

  test('cancels for itself only', async () => {
    const { cookie } = await login()
    const execution = await world().submit({ name: 'button', platform: 'button' })
    const press = (origin: string) =>
      browse(`/executions/${execution}/cancel`, { method: 'POST', headers: { cookie, origin } })
    expect((await press('http://127.0.0.1:1')).status).toBe(403)
    const api = await browse(paths.cancel(execution), { method: 'POST', headers: { cookie } })
    expect(api.status).toBe(403)
    expect((await press(world().url)).status).toBe(303)
    expect((await world().view(execution)).result_text).toBe('cancelled')
  })

  test('a log is replayed, goes on live, resumes behind an offset, and ends with the result', async () => {
    const execution = await world().submit({ name: 'observed', platform: 'observed' })
    const attempt = (await world().claim('ob', 'observed')) as Attempt
    await world().as(attempt).log(0, 'one\n')
    const headers = { authorization: `Bearer ${world().token}` }
    const watched = fetch(world().url + paths.events(execution), { headers })
    const resumed = fetch(world().url + paths.events(execution), {
      headers: { ...headers, 'last-event-id': '4' },
    })
    await Promise.all([watched, resumed])
    await world().as(attempt).log(4, 'two\u0000\n')
    await world().as(attempt).finish({ log_bytes: 9 })
    const all = read(await (await watched).text())
    expect([all.log, all.last]).toEqual(['one\ntwo\u0000\n', 'end'])
    expect(read(await (await resumed).text()).log).toBe('two\u0000\n')
    expect(read(await (await fetch(world().url + paths.events(execution), { headers })).text()).log).toBe(
      all.log,
    )
  })
})

function read(stream: string): { readonly log: string; readonly last: string } {
  const events = stream.split('\n\n').flatMap((text) => {
    const event = /^event: (\w+)$/m.exec(text)?.[1]
    const data = /^data: (.*)$/m.exec(text)?.[1]
    return event === undefined || data === undefined
      ? []
      : [{ event, data: JSON.parse(data) as { content: string } }]
  })
  const pieces = events
    .filter(({ event }) => event === 'log')
    .map(({ data }) => Buffer.from(data.content, 'base64'))
  return { log: Buffer.concat(pieces).toString(), last: events.at(-1)?.event ?? '' }
}
