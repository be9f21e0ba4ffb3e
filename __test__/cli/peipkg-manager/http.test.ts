/** The daemon with its server, as forges and monitoring see it. */
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { endMarked, marksOf } from '../../../ts/manager/processes.ts'
import { freshDirectory } from '../../manager/directory.ts'
import { createFarm, type Farm } from '../../manager/farm.ts'
import { freePort } from '../../manager/free-port.ts'
import { hmac } from '../../manager/http/world.ts'
import type { Running } from '../../programs.ts'

const directory = freshDirectory()
const secret = 'a secret with = and "quotes"'
let farm: Farm
let port: number
let daemon: Running | undefined
let log: string

beforeEach(async () => {
  farm = createFarm(directory.path)
  farm.recipe('hello', { pattern: '^v(1\\.1.*)$', watch: 'github_webhook = true' })
  port = await freePort()
  writeFileSync(join(directory.path, 'secret'), `${secret} \t\r\n`)
  configure(`webhook_secret_file = "${directory.path}/secret"`)
})

afterEach(async () => {
  daemon?.child.kill('SIGKILL')
  await daemon?.ended
  await endMarked(marksOf(farm.state, farm.state), false)
  daemon = undefined
})

function configure(http = '', more = ''): void {
  farm.configure(`[http]\naddr = "127.0.0.1:${port}"\n${http}\n${more}`)
}

function start(args: readonly string[] = []): Running {
  daemon = farm.start(args)
  log = ''
  daemon.child.stderr?.on('data', (chunk: string) => {
    log += chunk
  })
  return daemon
}

const seen = (text: string) => expect.poll(() => log, { interval: 20 }).toContain(text)
const get = async (path: string) => await fetch(`http://127.0.0.1:${port}${path}`)

interface Status {
  readonly in_flight: unknown
  readonly recent: readonly { readonly log: string }[]
}
const getStatus = async () => (await (await get('/status')).json()) as Status

function push(body = JSON.stringify({ repository: { html_url: farm.upstream.path } })): Promise<Response> {
  const headers = { 'X-Hub-Signature-256': `sha256=${hmac(body, secret)}` }
  return fetch(`http://127.0.0.1:${port}/webhooks/github`, { method: 'POST', headers, body })
}

test('a webhook leads to a build, through a reload, and the server ends with the daemon', async () => {
  const { child, ended } = start()
  await seen('msg="build + publish complete"')
  await expect.poll(async () => (await getStatus()).in_flight).toBeNull()
  const status = await getStatus()
  expect(status).toMatchObject({
    farm_id: 'test-farm',
    recipes: ['hello'],
    builds_succeeded: 1,
    failures: null,
  })
  expect(await (await get(status.recent[0]?.log ?? '')).text()).toContain('hello_1.1.0-1_noarch.peipkg')

  farm.upstream.git('tag', 'v1.1.1')
  expect((await push()).status).toBe(200)
  await seen('source=webhook')
  await seen('msg="build + publish complete" recipe=hello version=1.1.1-1')
  expect(farm.archived()).toContain('hello 1.1.1-1')

  child.kill('SIGHUP')
  await seen('msg="recipes reloaded" count=1')
  await expect.poll(() => log.match(/msg="webhook server listening"/g)).toHaveLength(2)
  expect(await (await get('/healthz')).text()).toBe('ok\n')
  expect(await (await get('/metrics')).text()).toContain(
    'peipkg_manager_builds_succeeded_total{farm="test-farm"} 2',
  )
  const page = await (await get('/')).text()
  expect(page).toContain('<h1>test-farm</h1>')

  child.kill('SIGTERM')
  expect((await ended).code).toBe(0)
  await expect(get('/healthz')).rejects.toThrow()
  for (const line of log.split('\n').filter((text) => text.startsWith('time='))) {
    expect(line).toMatch(
      /^time=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}(Z|[+-]\d\d:\d\d) level=(INFO|WARN) msg=(\w+|"[^"]+")( \w+=(\S+|"([^"\\]|\\.)*"))*$/,
    )
  }
})

test('a port that somebody has: the daemon goes on without', async () => {
  const other = createServer()
  await new Promise<void>((resolve) => other.listen(port, '127.0.0.1', resolve))
  start()
  await seen('level=ERROR msg="webhook server error" err="listen EADDRINUSE')
  await expect.poll(farm.archived).toEqual(['hello 1.1.0-1'])
  await new Promise((resolve) => other.close(resolve))
})

test('webhooks without a secret are an error at the start, not in --once', async () => {
  configure()
  const missing = 'err="[http].webhook_secret_file is required: recipe hello has github_webhook = true"'
  const { ended } = start()
  expect(await ended).toMatchObject({
    code: 2,
    stderr: expect.stringContaining(`msg="construct manager" ${missing}`),
  })
  farm.recipe('hello', { pattern: '^none(.*)$', watch: 'github_webhook = true' })
  expect(await farm.once()).toMatchObject({ code: 0 })
  const check = await farm.once(['--check'])
  expect(check).toMatchObject({ code: 2, stderr: expect.stringContaining('webhook_secret_file is required') })
})

test.each([
  ['webhook_secret_file = "/nonexistent"', 'read webhook secret /nonexistent: no such file or directory'],
  ['webhook_secret_file = "/dev/null"', 'read webhook secret /dev/null: it is empty'],
])('a secret that cannot be read: %s', async (http, message) => {
  configure(http)
  const { ended } = start()
  expect(await ended).toMatchObject({
    code: 1,
    stderr: expect.stringContaining(`msg="construct manager" err="${message}`),
  })
})

test('a secret is not looked for while there is no server', async () => {
  farm.recipe('hello', { pattern: '^none(.*)$', watch: 'github_webhook = true' })
  farm.configure('[http]\nwebhook_secret_file = "/nonexistent"')
  expect(await farm.once()).toMatchObject({ code: 0 })
})
