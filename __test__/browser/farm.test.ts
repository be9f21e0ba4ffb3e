/** The farm's page as people see it: light, dark, on a phone, with a log that goes on while they look. */
import { join } from 'node:path'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Attempt } from '../../ts/farm/api/attempt.ts'
import { openWorld, type World } from '../farm/server/world.ts'
import { browserPath, openBrowser, pictures } from './browser.ts'

let browser: Browser
let world: World
let attempt: Attempt

const looks: Readonly<Record<string, BrowserContextOptions>> = {
  light: { colorScheme: 'light', viewport: { width: 1280, height: 900 } },
  dark: { colorScheme: 'dark', viewport: { width: 1280, height: 900 } },
  phone: { colorScheme: 'light', viewport: { width: 360, height: 740 }, hasTouch: true },
}

describe.skipIf(browserPath === undefined)('the page of the farm', () => {
  beforeAll(async () => {
    browser = await openBrowser()
    world = await openWorld()
    await world.submit({ name: 'nightly-tests', platform: 'debian-12-x86_64', period: 'daily' })
    await world.submit({ name: 'needs-kvm', platform: 'debian-12-x86_64', require: ['kvm'] })
    await world.submit({ name: 'elsewhere', platform: 'freebsd-14' })
    attempt = (await world.claim('worker-1', 'debian-12-x86_64')) as Attempt
    await world.as(attempt).log(0, 'first line\n')
  })
  afterAll(async () => {
    await browser?.close()
    await world?.close()
  })

  const visit = async (look: BrowserContextOptions): Promise<{ page: Page; problems: string[] }> => {
    const page = await (await browser.newContext(look)).newPage()
    const problems: string[] = []
    page.on('console', (message) => message.type() === 'error' && problems.push(message.text()))
    page.on('pageerror', (error) => problems.push(String(error)))
    await page.goto(`${world.url}/`)
    // The answer to somebody unknown is 401, which the console tells.
    problems.length = 0
    await page.fill('#token', world.token)
    await page.click('button')
    await page.waitForSelector('text=Running')
    return { page, problems }
  }

  test.each(
    Object.keys(looks),
  )('%s: queue with reasons, running, workers, schedule; nothing sticks out', async (name) => {
    const { page, problems } = await visit(looks[name] as BrowserContextOptions)
    const text = await page.innerText('main')
    for (const words of [
      'worker-1 lacks label kvm',
      'none of platform freebsd-14 has ever connected',
      'nightly-tests',
    ]) {
      expect(text).toContain(words)
    }
    expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0)
    await page.screenshot({ path: join(pictures, `farm-${name}.png`), fullPage: true })
    expect(problems).toEqual([])
    await page.context().close()
  })

  test('a log goes on while somebody looks, and a button cancels', async () => {
    const { page, problems } = await visit(looks.phone as BrowserContextOptions)
    await page.click('a:has-text("nightly-tests")')
    await page.waitForSelector('text=first line')
    await world.as(attempt).log(11, 'second line <b>\n')
    await page.waitForSelector('text=second line <b>')
    await page.screenshot({ path: join(pictures, 'farm-execution-phone.png'), fullPage: true })
    await page.click('text=Cancel')
    await page.waitForLoadState()
    expect((await world.as(attempt).heartbeat()).body.cancel).toBe(true)
    await world.as(attempt).finish({ result: { kind: 'cancelled' }, log_bytes: 27 })
    await page.waitForSelector('dd:has-text("cancelled")')
    expect(problems).toEqual([])
    await page.context().close()
  })
})
