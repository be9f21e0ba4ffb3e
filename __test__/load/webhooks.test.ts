/**
 * Many webhooks: every one is answered, none is lost, and each recipe has one poll at a time, however many there are. 100 a
 * second for 2 seconds here, for 30 in `npm run test:load`.
 */
import { writeFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { freshDirectory } from '../manager/directory.ts'
import { createFarm, type Farm } from '../manager/farm.ts'
import { freePort } from '../manager/free-port.ts'
import { hmac } from '../manager/http/world.ts'
import type { Running } from '../programs.ts'

const full = process.env.PEIPKG_LOAD !== undefined
const seconds = full ? 30 : 2
const perSecond = 100
const recipes = ['hello', 'other', 'third']

const directory = freshDirectory()
let farm: Farm
let daemon: Running
let port: number
let log = ''

beforeEach(async () => {
  farm = createFarm(directory.path)
  // One poll takes at least so long: webhooks arrive while it runs.
  farm.program('git', 'case "$*" in *ls-remote*) sleep 0.2;; esac; exec /usr/bin/git "$@"')
  port = await freePort()
  writeFileSync(join(directory.path, 'secret'), 's')
  farm.configure(`[http]\naddr = "127.0.0.1:${port}"\nwebhook_secret_file = "${directory.path}/secret"`)
  for (const id of recipes) {
    farm.recipe(id, { pattern: `^${id}-v(.+)$`, packages: [id], watch: 'github_webhook = true' })
  }
  daemon = farm.start()
  daemon.child.stderr?.on('data', (chunk: string) => {
    log += chunk
  })
})

afterEach(async () => {
  daemon.child.kill('SIGKILL')
  await daemon.ended
})

const agent = new Agent({ keepAlive: true, maxSockets: 64 })

function push(): Promise<number> {
  const body = JSON.stringify({ repository: { html_url: farm.upstream.path } })
  return new Promise((resolve, reject) => {
    const asked = request(
      {
        agent,
        host: '127.0.0.1',
        port,
        method: 'POST',
        path: '/webhooks/github',
        headers: { 'X-Hub-Signature-256': `sha256=${hmac(body, 's')}`, 'Content-Length': body.length },
      },
      (response) => {
        response.resume().on('end', () => resolve(response.statusCode ?? 0))
      },
    )
    asked.on('error', reject)
    asked.end(body)
  })
}

test(`${perSecond} webhooks a second`, { timeout: 120_000 }, async () => {
  await expect.poll(() => log, { timeout: 60_000 }).toContain('webhook server listening')
  const answers: Promise<number>[] = []
  const begin = performance.now()
  for (let sent = 0; sent < seconds * perSecond; sent++) {
    const early = begin + (sent * 1000) / perSecond - performance.now()
    if (early > 0) await sleep(early)
    answers.push(push())
  }
  farm.upstream.git('tag', 'other-v9')
  answers.push(push())
  const statuses = await Promise.all(answers)
  expect(statuses.filter((status) => status !== 200)).toEqual([])
  await expect.poll(farm.archived, { timeout: 60_000 }).toEqual(['other 9-1'])
  const elapsed = performance.now() - begin
  for (const id of recipes) {
    const polls = log.split(`msg="polling upstream" recipe=${id}`).length - 1
    const accepted = log.split(`triggering immediate poll" recipe=${id}`).length - 1
    expect(accepted).toBe(statuses.length)
    expect(polls).toBeGreaterThan(0)
    expect(polls, 'one at a time').toBeLessThanOrEqual(elapsed / 200 + 1)
    expect(polls, 'together').toBeLessThan(accepted)
  }
  agent.destroy()
})
