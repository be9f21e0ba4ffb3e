/** Jobs, their schedule, what they need of workers, tokens: what is asked for and what is refused (file 10). */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { InfoAnswer } from '../../../ts/farm/api/info.ts'
import { paths } from '../../../ts/farm/api/paths.ts'
import type { TokenAnswer } from '../../../ts/farm/api/token.ts'
import { onEveryEngine } from './engines.ts'

interface Failure {
  readonly error: { readonly code: string; readonly message: string }
}

const message = ({ body }: { body: unknown }) => (body as Partial<Failure>).error?.message

onEveryEngine('jobs', {}, (world) => {
  const post = (path: string, body?: unknown) => world().ask<Failure>('POST', path, body)
  const script = (name: string, platform: string, more: object = {}) => ({
    ...{ kind: 'script', name, platform, script: 'true', period: 'never' },
    ...more,
  })

  test('are refused in the documented words', async () => {
    await world().submit({ name: 'used', platform: 'words' })
    expect(message(await post(paths.jobs, script('used', 'words')))).toBe('job name already used')
    expect(message(await post(paths.execute('nobody'), {}))).toBe('unknown job nobody')
    expect(message(await post(paths.execute('used'), { platform: 'other' }))).toBe(
      'job is for a different platform: words',
    )
    expect(message(await world().ask('GET', paths.latest))).toBe('No running jobs')
    expect(message(await world().ask('GET', paths.execution('00000000-0000-4000-8000-000000000000')))).toBe(
      'uuid not found',
    )
    expect(message(await post(paths.drop('nowhere')))).toBe('no such platform: nowhere')
    const bad = [
      [script('', 'words'), '"name" cannot be ""'],
      [script('a/b', 'words'), '"name" cannot be "a/b"'],
      [script('x', 'a b'), '"platform" cannot be "a b"'],
      [script('x', 'words', { period: 'often' }), '"period" must be one of'],
      [{ kind: 'script', name: 'x', platform: 'words', script: '', cron: '61 * * * *' }, '"61" is no minute'],
      [{ kind: 'script', name: 'x', platform: 'words', script: '', cron: '0 0 30 2 *' }, 'never comes'],
      [
        script('x', 'words', { files: [{ name: '../x', content: '', executable: false }] }),
        'no relative path',
      ],
      [script('x', 'words', { colour: 'red' }), 'unknown key "colour"'],
      [{ kind: 'template', name: 'x', template: 'none' }, 'there is no template none'],
    ] as const
    for (const [request, words] of bad) expect(message(await post(paths.jobs, request))).toContain(words)
    expect(
      (await world().ask<InfoAnswer>('GET', paths.info)).body.schedule.map(({ job }) => job),
    ).not.toContain('x')
  })

  test('go first by priority, then by age; executed ones before all', async () => {
    const late = await world().submit({ name: 'order-a', platform: 'order' })
    await world().submit({ name: 'order-b', platform: 'order', priority: 5 })
    const answer = await world().ask<{ executions: string[] }>('POST', paths.execute('order-a'), {})
    const got: string[] = []
    for (const worker of ['o1', 'o2', 'o3']) got.push((await world().claim(worker, 'order'))?.execution ?? '')
    expect([got[0], got[2]]).toEqual([answer.body.executions[0], late])
  })

  test('wait for a worker that has what they need, and say what that is', async () => {
    const execution = await world().submit({
      name: 'needs',
      platform: 'needs',
      require: ['kvm', 'cpu=8'],
      sandbox: 'bwrap',
    })
    expect((await world().view(execution)).reason).toBe(
      'no worker fits: none of platform needs has ever connected',
    )
    expect(await world().claim('n1', 'needs')).toBeNull()
    expect((await world().view(execution)).reason).toBe('no worker fits: n1 lacks label kvm')
    const labels = { kvm: '', cpu: '8' }
    expect(await world().claim('n1', 'needs', { labels })).toBeNull()
    expect((await world().view(execution)).reason).toBe('no worker fits: n1 has no sandbox bwrap')
    expect(await world().claim('n1', 'needs', { labels, sandboxes: ['bwrap'] })).toMatchObject({ execution })
  })

  test('run by their period without drift, and missed runs collapse into one', async () => {
    const first = await world().submit({ name: 'hourly', platform: 'hourly', period: 'hourly' })
    const next = async () =>
      (await world().ask<{ next_run: string }>('GET', paths.job('hourly'))).body.next_run
    const planned = Date.parse(await next())
    const attempt = await world().claim('h1', 'hourly')
    await world()
      .as(attempt as never)
      .finish()
    await world().advance(5.5 * 3_600_000)
    expect(Date.parse(await next())).toBe(planned + 5 * 3_600_000)
    const second = await world().claim('h1', 'hourly')
    expect(second?.execution).not.toBe(first)
    expect(await world().claim('h2', 'hourly')).toBeNull()
    await world()
      .as(second as never)
      .finish()
    await world().ask('DELETE', paths.job('hourly'))
    expect(message(await world().ask('GET', paths.job('hourly')))).toBe('unknown job hourly')
  })

  test('made of a template are one script for each platform that has it', async () => {
    const directory = world().farm.context.settings.configDirectory
    const file = (platform: string) => join(directory, `build.template.${platform}`)
    writeFileSync(file('t1'), 'echo %%NAME%% on %%PLATFORM%%: %%what%%\n')
    writeFileSync(file('t2'), 'x="%%NAME%%"; echo %%raw:what%%\n')
    const request = {
      kind: 'template',
      name: 'made',
      template: 'build',
      parameters: { what: 'a b' },
      period: 'never',
    }
    const { status, body } = await world().ask<{ executions: string[] }>('POST', paths.jobs, request)
    expect([status, body.executions.length]).toEqual([200, 2])
    expect((await world().claim('t', 't1'))?.script).toBe("echo made on t1: 'a b'\n")
    expect((await world().claim('u', 't2'))?.script).toBe('x="made"; echo a b\n')
    writeFileSync(file('t1'), 'echo %%other%%\n')
    const wrong = await post(paths.jobs, { ...request, name: 'made-wrong' })
    expect(message(wrong)).toContain('unknown placeholder %%other%%')
  })

  test('are gone with their platform, which takes none until it is brought back', async () => {
    const execution = await world().submit({ name: 'dropped', platform: 'drop' })
    expect((await post(paths.drop('drop'))).status).toBe(200)
    expect(await world().view(execution)).toMatchObject({ state: 'ended', result_text: 'cancelled' })
    expect(message(await post(paths.jobs, script('later', 'drop')))).toBe(
      "platform dropped; can't schedule jobs",
    )
    await world().restart()
    expect((await world().ask<InfoAnswer>('GET', paths.info)).body.dropped_platforms).toEqual(['drop'])
    expect((await world().ask('DELETE', paths.drop('drop'))).status).toBe(200)
    expect((await post(paths.jobs, script('later', 'drop'))).status).toBe(200)
  })

  test('are kept from a drained worker', async () => {
    await world().claim('d1', 'drain')
    await post(paths.drain('d1'))
    const execution = await world().submit({ name: 'drain', platform: 'drain' })
    expect(await world().claim('d1', 'drain')).toBeNull()
    expect((await world().view(execution)).reason).toContain('d1 is drained')
    await post(paths.undrain('d1'))
    expect(await world().claim('d1', 'drain')).toMatchObject({ execution })
  })

  test('need a token of the right scope, which may be revoked', async () => {
    const { body } = await world().ask<TokenAnswer>('POST', paths.tokens, { name: 'reader', scope: 'read' })
    const as = (method: string, path: string, token = body.token) =>
      world().ask<Failure>(method, path, undefined, { token })
    expect((await as('GET', paths.info)).status).toBe(200)
    expect([(await as('POST', paths.jobs)).status, (await as('POST', paths.claims)).status]).toEqual([
      403, 403,
    ])
    expect((await world().ask('DELETE', paths.token('reader'))).status).toBe(200)
    expect((await as('GET', paths.info)).status).toBe(401)
    const statuses: number[] = []
    for (let tries = 0; tries < 10; tries++) statuses.push((await as('GET', paths.info, 'guess')).status)
    expect(statuses.slice(0, 8)).toEqual(Array(8).fill(401))
    expect(statuses[8]).toBe(429)
    expect((await fetch(`${world().url}/healthz`)).status).toBe(200)
    await world().advance(61_000)
    expect((await as('GET', paths.info, world().token)).status).toBe(200)
    const other = await world().ask<Failure>('GET', paths.info, undefined, {
      headers: { 'peipkg-farm-api': '2' },
    })
    expect([other.status, message(other)]).toEqual([
      400,
      expect.stringContaining('version 2 of the API, this server version 1'),
    ])
  })
})
