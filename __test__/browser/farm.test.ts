/** The farm's page as people see it: queue with reasons, a log that goes on, cancel; light, dark, on a phone, by keyboard. */
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Attempt } from '../../ts/farm/api/attempt.ts'
import { onEveryEngine } from '../farm/server/engines.ts'
import type { World } from '../farm/server/world.ts'
import { browserPath, openBrowser, pictures } from './browser.ts'

let browser: Browser
let world: World
let running: Attempt
let done: string
let beating: NodeJS.Timeout | undefined

/** What the page is to show: jobs that ended, one that runs, others that wait. */
async function fill(): Promise<void> {
  const linux = 'debian-12-x86_64'
  done = await world.submit({ name: 'musl', platform: linux })
  const first = (await world.claim('builder-1', linux)) as Attempt
  const content = Buffer.from('a package')
  const sha256 = createHash('sha256').update(content).digest('hex')
  const worker = world.as(first)
  await worker.log(0, 'checking for gcc... yes\nmake: done\n')
  await worker.upload('musl_1.2.5-1_x86_64.peipkg', content)
  const artifacts = [{ name: 'musl_1.2.5-1_x86_64.peipkg', sha256, bytes: content.length }]
  await worker.finish({ artifacts, log_bytes: 35 })
  await world.submit({ name: 'openssl', platform: linux })
  const failed = (await world.claim('builder-1', linux)) as Attempt
  await world.as(failed).finish({ result: { kind: 'exited', code: 2 } })
  await world.submit({ name: 'kernel', platform: linux, script: 'make\n' })
  running = (await world.claim('builder-2', linux)) as Attempt
  await world.as(running).log(0, 'CC init/main.o\n\u001b[31m<b>not bold</b>\u001b[0m\n')
  // Silent for ten seconds it would be lost.
  beating = setInterval(() => void world.as(running).heartbeat(), 2000)
  await world.submit({ name: 'nginx', platform: 'freebsd-14' })
  await world.submit({ name: 'qemu', platform: linux, require: ['kvm'] })
  await world.ask('POST', '/api/v1/jobs', {
    ...{ name: 'nightly', kind: 'script', platform: linux, script: 'true\n', run_now: false },
  })
}

/** Logs in as a person does, then acts; nothing may complain, and nothing may be fetched from elsewhere. */
async function open(options: BrowserContextOptions, act: (page: Page) => Promise<void>): Promise<void> {
  const context = await browser.newContext(options)
  try {
    const page = await context.newPage()
    page.setDefaultTimeout(90_000)
    const complaints: string[] = []
    const elsewhere: string[] = []
    await page.goto(world.url)
    page.on('console', (message) => complaints.push(message.text()))
    page.on('request', (request) => {
      if (!request.url().startsWith(`${world.url}/`) && !request.url().startsWith('data:')) {
        elsewhere.push(request.url())
      }
    })
    await page.getByLabel('A token of this farm').fill(world.token)
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Running' }).waitFor()
    await act(page)
    expect({ complaints, elsewhere }).toEqual({ complaints: [], elsewhere: [] })
  } finally {
    await context.close()
  }
}

const desk = { viewport: { width: 1200, height: 900 } }
const phone = { viewport: { width: 375, height: 740 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 }

describe.skipIf(browserPath === undefined)('a browser', { timeout: 120_000 }, () => {
  beforeAll(async () => {
    browser = await openBrowser()
  })
  afterAll(() => browser.close())

  onEveryEngine('the page of the farm', {}, (opened) => {
    beforeAll(async () => {
      world = opened()
      await fill()
    })
    afterAll(() => clearInterval(beating))

    test.each([
      ['light', desk, 'light'],
      ['dark', desk, 'dark'],
      ['phone', phone, 'light'],
    ] as const)('%s', async (name, size, colorScheme) => {
      await open({ ...size, colorScheme }, async (page) => {
        await page.screenshot({ path: join(pictures, `farm-${name}.png`), fullPage: true })
        expect(await page.locator('main').textContent()).toContain(
          'none of platform freebsd-14 has ever connected',
        )
        await page.goto(`${world.url}/executions/${running.execution}`)
        await page.getByText('CC init/main.o').waitFor()
        await page.screenshot({ path: join(pictures, `farm-log-${name}.png`), fullPage: true })
        for (const path of ['/', `/executions/${done}`, '/history']) {
          await page.goto(world.url + path)
          const width = await page.locator('html').evaluate((root) => root.scrollWidth)
          expect(width, `nothing sticks out of ${path}`).toBeLessThanOrEqual(size.viewport.width)
        }
      })
    })

    test('a log goes on while it is read, as text', async () => {
      await open(desk, async (page) => {
        await page.goto(`${world.url}/executions/${running.execution}`)
        const log = page.getByLabel('Log')
        await page.getByText('<b>not bold</b>').waitFor()
        const { offset } = (await world.as(running).log(0, '')).body
        await world.as(running).log(offset, 'LD vmlinux\n')
        await page.getByText('LD vmlinux').waitFor()
        expect(await log.locator('b').count()).toBe(0)
      })
    })

    test('artifacts are handed out', async () => {
      await open(desk, async (page) => {
        await page.getByRole('link', { name: 'musl' }).first().click()
        const waiting = page.waitForEvent('download')
        await page.getByRole('link', { name: 'musl_1.2.5-1_x86_64.peipkg' }).click()
        expect((await waiting).suggestedFilename()).toBe('musl_1.2.5-1_x86_64.peipkg')
      })
    })

    test('a job is cancelled by keyboard', async () => {
      const execution = await world.submit({ name: 'doomed', platform: 'nowhere' })
      await open(desk, async (page) => {
        await page.keyboard.press('Tab')
        expect(await page.locator(':focus').textContent()).toBe('Skip to the content')
        await page.goto(`${world.url}/executions/${execution}`)
        await page.getByRole('button', { name: 'Cancel' }).focus()
        await page.keyboard.press('Enter')
        await page.getByText('cancelled').first().waitFor()
      })
      expect((await world.view(execution)).result_text).toBe('cancelled')
    })
  })
})
