/** The browse site as people meet it: in a real browser, light and dark, wide and narrow, with and without JavaScript. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { makePackage } from '../cli/peipkg/packages.ts'
import { run } from '../programs.ts'
import { signingKey } from '../recipes.ts'
import { browserPath, openBrowser, pictures } from './browser.ts'
import { catalogue, draft, hostile } from './catalogue.ts'

if (browserPath === undefined)
  console.log('no chromium here: the tests of the browse site in a browser are skipped')

const phone = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true }

describe.skipIf(browserPath === undefined)('the browse site', () => {
  let directory: string
  let server: Server
  let base: string
  let browser: Browser
  let opened: Page | undefined
  /** What a page could not load, was not allowed to, or complained of. */
  let complaints: string[]

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'peipkg-browse-'))
    await publishAll(directory)
    server = serve(join(directory, 'repository'))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    browser = await openBrowser()
  })

  afterEach(async () => await opened?.context().close())

  afterAll(async () => {
    await browser?.close()
    server?.close()
    rmSync(directory, { recursive: true })
  })

  async function open(path: string, options: BrowserContextOptions = {}): Promise<Page> {
    complaints = []
    const context = await browser.newContext({ viewport: { width: 1180, height: 900 }, ...options })
    opened = await context.newPage()
    opened.on('console', (message) => complaints.push(message.text()))
    opened.on('pageerror', (error) => complaints.push(error.message))
    // What a page is left for is given up, and no failure.
    opened.on('requestfailed', (request) => {
      if (request.failure()?.errorText !== 'net::ERR_ABORTED') complaints.push(request.url())
    })
    opened.on('request', (request) => {
      if (!request.url().startsWith(base)) complaints.push(`fetched ${request.url()}`)
    })
    await opened.goto(`${base}/${path}`)
    return opened
  }

  /** Nothing is wider than the window. */
  const fits = (page: Page) =>
    page.evaluate('document.documentElement.scrollWidth <= document.documentElement.clientWidth')

  for (const [look, options] of [
    ['light', { colorScheme: 'light' }],
    ['dark', { colorScheme: 'dark' }],
    ['phone', phone],
    ['phone-dark', { ...phone, colorScheme: 'dark' }],
  ] as const) {
    it(`looks as it should: ${look}`, async () => {
      for (const [name, path] of [
        ['front', 'index.html'],
        ['package', 'browse/nginx.html'],
        ['library', 'browse/zlib.html'],
      ]) {
        const page = await open(path as string, options)
        expect(await fits(page)).toBe(true)
        await page.screenshot({ path: join(pictures, `${name}-${look}.png`), fullPage: true })
        expect(complaints).toEqual([])
        await page.context().close()
      }
    })
  }

  it('finds packages while one types', async () => {
    const page = await open('index.html')
    await page.keyboard.press('/')
    await page.keyboard.type('zli')
    await expect.poll(() => page.locator('#results li').count()).toBe(1)
    await page.keyboard.press('ArrowDown')
    expect(await page.evaluate('document.activeElement.textContent')).toBe('zlib')
    await page.keyboard.press('ArrowUp')
    await page.screenshot({ path: join(pictures, 'search-light.png') })
    await page.keyboard.press('Enter')
    await page.waitForURL('**/browse/zlib.html')
    await page.goBack()
    await expect.poll(() => page.locator('#results li').count()).toBe(1)
    await page.locator('input').fill('expression')
    await expect.poll(() => page.locator('#results a').allTextContents()).toEqual(['oniguruma', 'pcre2'])
    await page.locator('input').fill('no such thing')
    await expect.poll(() => page.locator('[role=status]').textContent()).toBe('Nothing found')
    await page.keyboard.press('Escape')
    await expect.poll(() => page.locator('#all').isVisible()).toBe(true)
    expect(complaints).toEqual([])
  })

  it('copies the line that adds the repository, and the one that installs', async () => {
    const permissions = ['clipboard-read', 'clipboard-write']
    const page = await open('index.html', { permissions })
    await page.getByRole('button').click()
    await expect.poll(() => page.getByRole('button').textContent()).toBe('Copied')
    const copied = await page.evaluate('navigator.clipboard.readText()')
    expect(copied).toMatch(new RegExp(`^peipkg repo add example ${base} --anchor [0-9a-f]{64}$`))
    await page.goto(`${base}/browse/nginx.html`)
    await page.getByRole('button').press('Enter')
    await expect.poll(() => page.getByRole('button').textContent()).toBe('Copied')
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe('peipkg install nginx')
    expect(complaints).toEqual([])
  })

  it('shows a package with its relations, files and versions', async () => {
    const page = await open('browse/zlib.html')
    expect(await page.title()).toBe('zlib · Example')
    const text = await page.locator('main').innerText()
    for (const part of ['1.3.1-1', 'farm.example.org', '/usr/bin/zlib', 'Needed by', '1.3.0-1']) {
      expect(text).toContain(part)
    }
    await page.getByRole('link', { name: 'nginx' }).click()
    await page.waitForURL('**/browse/nginx.html')
    const download = page.getByRole('link', { name: 'nginx_1.27.5-1_noarch.peipkg' })
    const answer = await page.request.get(
      new URL((await download.getAttribute('href')) ?? '', page.url()).href,
    )
    expect((await answer.body()).subarray(0, 4).toString('hex')).toBe('28b52ffd')
    expect(complaints).toEqual([])
  })

  it('is read without JavaScript', async () => {
    const page = await open('index.html', { javaScriptEnabled: false })
    // Of what is off the screen the browser has laid out nothing yet, and so no "inner" text.
    const text = await page.locator('body').textContent()
    expect(text).toContain('peipkg repo add example ADDRESS --anchor')
    expect(text).toContain('A web server, reverse proxy and mail proxy')
    expect(await page.locator('button:visible, input:visible').count()).toBe(0)
    await page.getByRole('link', { name: 'nginx', exact: true }).click()
    expect(await page.locator('main').innerText()).toContain('peipkg install nginx')
  })

  it('shows foreign text as text', async () => {
    const page = await open('browse/hostile.html')
    expect(await page.title()).toBe('hostile · Example')
    expect(await page.locator('main script, main img, main svg, main b').count()).toBe(0)
    expect(await page.locator('a[href^="javascript"]').count()).toBe(0)
    await page.screenshot({ path: join(pictures, 'hostile-light.png'), fullPage: true })
    expect(complaints).toEqual([])
  })

  it('follows every link to something that is there', async () => {
    const page = await open('index.html')
    const links = async () =>
      (await page.evaluate('[...document.links].map((link) => link.href)')) as string[]
    const pages = (await links()).filter((link) => link.startsWith(base) && !link.includes('#'))
    const seen = new Set<string>(pages)
    for (const link of pages.filter((link) => link.endsWith('.html'))) {
      await page.goto(link)
      for (const further of await links()) if (further.startsWith(base)) seen.add(further.replace(/#.*/, ''))
    }
    for (const link of seen) expect((await page.request.get(link)).status(), link).toBe(200)
    expect(seen.size).toBeGreaterThan(100)
  })

  it('answers at once with 5,000 packages', async () => {
    const { frontPage } = await import('../../ts/publisher/site/front.ts')
    const names = Array.from({ length: 5000 }, (_, number) => ({
      name: `${'abcdefghijklmnopqrstuvwxyz'.charAt(Math.floor(number / 193))}-package-${number}`,
      version: '1.0-1',
      architecture: 'x86_64',
      description: `What number ${number} is for, in a few words`,
    }))
    const repository = { name: 'Large', description: '', keys: [], indexVersion: 1 }
    const described = { ...repository, generatedAt: '2026-05-01T12:00:00Z', archiveCount: 5000 }
    large = frontPage({ ...described, before: '', after: '' }, names, '1 x')
    const page = await open('large.html')
    await page.locator('input').fill('number 4321')
    await expect.poll(() => page.locator('#results a').allTextContents()).toEqual(['w-package-4321'])
    await page.screenshot({ path: join(pictures, 'large-light.png') })
    // The work itself, without the browser's start: far below what a person notices.
    const spent = await page.evaluate(typing)
    console.log(`counts: a search among 5,000 packages: ${Number(spent).toFixed(1)} ms`)
  })

  let large = ''

  function serve(root: string): Server {
    return createServer((request, response) => {
      const path = decodeURIComponent(new URL(request.url ?? '', 'http://x').pathname)
      try {
        const type = { html: 'text/html', css: 'text/css', js: 'text/javascript', svg: 'image/svg+xml' }[
          path.split('.').at(-1) ?? ''
        ]
        const content = path === '/large.html' ? large : readFileSync(join(root, path))
        response.writeHead(200, type === undefined ? {} : { 'content-type': type }).end(content)
      } catch {
        response.writeHead(404).end()
      }
    })
  }
})

/** Milliseconds of each keystroke's own work. */
const typing = `(() => {
  const field = document.querySelector('input')
  const start = performance.now()
  for (const query of ['p', 'pa', 'pac', 'package', 'package-12']) {
    field.value = query
    field.dispatchEvent(new Event('input'))
  }
  return (performance.now() - start) / 5
})()`

async function publishAll(directory: string): Promise<void> {
  const repository = join(directory, 'repository')
  const repo = async (...args: string[]) => {
    const { code, stderr } = await run('peipkg-repo', args, { cwd: directory })
    if (code !== 0) throw new Error(stderr)
  }
  const signed = ['--sign-key', signingKey, '--timestamp', '2026-05-02T12:00:00Z']
  const about = ['--name', 'Example', '--description', 'Packages for everyday work, built from their sources']
  await repo('init', ...about, ...signed, '--out', repository)
  for (const [name, drafts] of [
    ['first', [draft('zlib', '1.3.0-1', 'The compression library')]],
    ['second', [...catalogue, hostile]],
  ] as const) {
    const packages = join(directory, name)
    mkdirSync(packages)
    for (const one of drafts) await makePackage(packages, one)
    await repo('publish', '--in', repository, '--new', packages, ...signed, '--out', repository)
  }
}
