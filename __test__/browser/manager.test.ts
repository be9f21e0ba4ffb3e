/** The manager's page as people see it: without JavaScript, light, dark, on a phone, by keyboard. */
import { join } from 'node:path'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { HistoryEntry, StatusSnapshot } from '../../ts/manager/model.ts'
import { createWorld, recipe, type World } from '../manager/http/world.ts'
import { browserPath, openBrowser, pictures } from './browser.ts'

let browser: Browser
let world: World

const hour = 3_600_000
const ago = (hours: number) => Date.now() - hours * hour
const names = 'bash binutils busybox coreutils curl dropbear gcc kernel libressl musl nginx zlib'.split(' ')

function build(name: string, version: string, hours: number, more: Partial<HistoryEntry> = {}): HistoryEntry {
  return {
    recipe: name,
    version,
    tag: `v${version}`,
    commit: 'c'.repeat(40),
    source: 'poll',
    started_at: new Date(ago(hours + 0.1)).toISOString(),
    ended_at: new Date(ago(hours)).toISOString(),
    result: 'published',
    outputs: [`${name}_${version}_x86_64.peipkg`],
    log: `20261121_${version}.log`,
    ...more,
  }
}

const failing = {
  result: 'failed',
  stage: 'build',
  error: 'peipkg-build gcc 15.2.0-1: exit status 2',
} as const

const status = (): Partial<StatusSnapshot> => ({
  farmId: 'peios-build-1',
  buildsAttempted: 14,
  buildsSucceeded: 12,
  queued: 3,
  startedAt: ago(50),
  lastPublish: ago(1.2),
  inFlight: { recipe: 'kernel', version: '6.18.1-1', startedAt: ago(0.7), log: '20261121_6.18.1-1.log' },
  failures: new Map([['gcc@15.2.0-1', { failures: 3, nextRetry: Date.now() + 600_000 }]]),
  problems: new Map([
    [
      'dropbear',
      'recipe dropbear: invalid tag_pattern "^DROPBEAR_(\\\\d+": unclosed group (/etc/peipkg-manager/recipes/dropbear/peipkg.toml:12)',
    ],
  ]),
  uploadPending: { failures: 1, nextRetry: Date.now() + 60_000 },
  polls: new Map(
    names.map((name) => [
      name,
      {
        at: ago(0.3),
        error:
          name === 'curl' ? 'fatal: unable to access: Could not resolve host: git.example.org' : undefined,
      },
    ]),
  ),
})

beforeAll(async () => {
  if (browserPath === undefined) return
  browser = await openBrowser()
  const recipes = names.map((name) =>
    recipe(name, {
      git: `https://git.example.org/upstream/${name}.git`,
      ...(name === 'dropbear' ? { pattern: undefined as never } : {}),
    }),
  )
  world = await createWorld({ recipes })
  world.say.status = status()
  world.say.history = [
    build('musl', '1.2.5-1', 1.2),
    build('gcc', '15.2.0-1', 3, failing),
    build('nginx', '1.28.0-1', 26),
    build('zlib', '1.3.2-1', 49),
  ]
  for (const { recipe: name, log } of world.say.history)
    world.say.logs.set(`${name}/${log}`, import.meta.filename)
})

afterAll(async () => {
  await browser?.close()
  await world?.end()
})

async function open(
  path: string,
  options: BrowserContextOptions,
  act: (page: Page) => Promise<void>,
): Promise<void> {
  const context = await browser.newContext({ javaScriptEnabled: false, ...options })
  try {
    const page = await context.newPage()
    page.setDefaultTimeout(90_000)
    const complaints: string[] = []
    const elsewhere: string[] = []
    page.on('console', (message) => complaints.push(message.text()))
    page.on('request', (request) => {
      if (
        !request.url().startsWith(`http://127.0.0.1:${world.port}/`) &&
        !request.url().startsWith('data:')
      ) {
        elsewhere.push(request.url())
      }
    })
    await page.goto(`http://127.0.0.1:${world.port}${path}`)
    await act(page)
    expect({ complaints, elsewhere }).toEqual({ complaints: [], elsewhere: [] })
  } finally {
    await context.close()
  }
}

const desk = { viewport: { width: 1200, height: 900 } }
const phone = { viewport: { width: 375, height: 740 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 }

describe.skipIf(browserPath === undefined)('the page of the manager', { timeout: 120_000 }, () => {
  test.each([
    ['light', '/', desk, 'light'],
    ['dark', '/', desk, 'dark'],
    ['phone', '/', phone, 'light'],
    ['recipe-phone', '/recipes/gcc', phone, 'dark'],
  ] as const)('%s', async (name, path, size, colorScheme) => {
    await open(path, { ...size, colorScheme }, async (page) => {
      await page.screenshot({ path: join(pictures, `manager-${name}.png`), fullPage: true })
      const { width } = await page.locator('html').evaluate((root) => ({ width: root.scrollWidth }))
      expect(width, 'nothing sticks out').toBeLessThanOrEqual(size.viewport.width)
    })
  })

  test('everything can be reached by keyboard, and links lead somewhere', async () => {
    await open('/', desk, async (page) => {
      await page.keyboard.press('Tab')
      expect(await page.locator(':focus').textContent()).toBe('Skip to the content')
      await page.getByRole('link', { name: 'musl', exact: true }).first().click()
      expect(await page.locator('h1').textContent()).toBe('musl')
      await page.getByRole('link', { name: /peios-build-1/ }).click()
      expect(await page.locator('h1').textContent()).toBe('peios-build-1')
      await page.getByRole('link', { name: /^Log of musl/ }).click()
      expect(await page.locator('body').textContent()).toContain('as people see it')
    })
  })
})
