import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import type { BrowsedPackage, BrowsedRepository } from '../../ts/native/publication.ts'
import { formatSize, groupFingerprint } from '../../ts/publisher/site/format.ts'
import { frontPage } from '../../ts/publisher/site/front.ts'
import { html } from '../../ts/publisher/site/html.ts'
import { referenceHref, webHref } from '../../ts/publisher/site/links.ts'
import { packagePage } from '../../ts/publisher/site/package-page.ts'
import { layout } from '../../ts/publisher/site/site.ts'

const fingerprint = '0123456789abcdef'.repeat(4)

const repository: BrowsedRepository = {
  name: 'Example <1>',
  description: 'For tests & more',
  keys: [
    { fingerprint, url: '/keys/x.pub', status: 'active' },
    { fingerprint: `1${fingerprint.slice(1)}`, url: '', status: 'revoked' },
    {
      fingerprint: `2${fingerprint.slice(1)}`,
      url: '',
      status: 'transitioning',
      validUntil: '2026-05-03T00:00:00Z',
    },
    {
      fingerprint: `3${fingerprint.slice(1)}`,
      url: '',
      status: 'transitioning',
      validUntil: '2026-05-01T00:00:00Z',
    },
  ],
  indexVersion: 7,
  generatedAt: '2026-05-02T12:00:00Z',
  archiveCount: 2,
  before: 'a'.repeat(64),
  after: 'b'.repeat(64),
}

const version = {
  version: '1:1.2~rc1-1',
  architecture: 'x86_64',
  filename: 'one_1:1.2~rc1-1_x86_64.peipkg',
  sizeCompressed: 1234,
  sizeInstalled: 56789,
  sha256: fingerprint,
  url: '/p/one/1:1.2~rc1-1/one_1:1.2~rc1-1_x86_64.peipkg',
  built: '2026-05-01T12:00:00Z',
  farmId: 'farm',
  documents: 'p/one/1:1.2~rc1-1/',
}

const shown: BrowsedPackage = {
  name: 'one',
  description: '<b>"one"</b>\u202e',
  license: 'MIT',
  homepage: 'https://example.org/?a&b',
  versions: [version, { ...version, version: '1.0-1', url: 'javascript:alert(1)' }],
  current: 0,
  relations: [
    { kind: 'dependency', name: 'two', constraint: '>= 1', targets: ['two'] },
    { kind: 'dependency', name: 'mta', targets: ['exim', 'postfix'] },
    { kind: 'optional', name: 'gone', targets: [] },
    { kind: 'conflict', name: 'three', targets: ['three'] },
    { kind: 'replaces', name: 'four', constraint: '< 2', targets: [] },
  ],
  provides: [{ name: 'one-abi', version: '1' }],
  dependents: [
    { name: 'five', needs: 'one', constraint: '>= 1', optional: false },
    { name: 'six', needs: 'one-abi', optional: true },
  ],
  sideEffects: ['ldconfig'],
  sourceRef: 'git+https://example.org/one',
  files: Array.from({ length: 50 }, (_, number) => ({ path: `usr/share/${number}`, size: number })),
  fileCount: 3000,
}

const front = frontPage(repository, [{ ...version, name: 'one', description: shown.description }], '1 x')
const page = packagePage(repository, shown)

it('has another number whenever pages change whose package did not', () => {
  const digest = createHash('sha256').update(front).update(page).digest('hex').slice(0, 16)
  // Another digest? Then raise `layout`, so that published sites are made anew, and write both down here.
  expect(`${layout} ${digest}`).toMatchInlineSnapshot(`"2 02a07cc6262fbd7c"`)
})

it('escapes what is foreign', () => {
  expect(html`<p title="${`"<'>&`}">${'\u001b[1m\u202e'}</p>`.html).toBe(
    '<p title="&quot;&lt;&#39;&gt;&amp;">\\u{1b}[1m\\u{202e}</p>',
  )
  expect(front).toContain('<h1>Example &lt;1&gt;</h1>')
  expect(page).toContain('&lt;b&gt;&quot;one&quot;&lt;/b&gt;\\u{202e}')
  expect(page).not.toContain('javascript:')
})

it('shows the keys that are accepted', () => {
  expect(front.match(/--anchor [0-9a-f]/g)).toEqual(['--anchor 0', '--anchor 2'])
  expect(front).toContain(groupFingerprint(fingerprint))
  expect(front).toContain('being replaced, accepted until 3 May 2026')
  expect(front).toContain('peipkg repo add example-1 <span data-address>')
})

it('links relations to the packages that they stand for', () => {
  expect(page).toContain('<li><a href="two.html">two</a><span class="quiet">&gt;= 1</span></li>')
  expect(page).toContain('from <a href="exim.html">exim</a>, <a href="postfix.html">postfix</a>')
  expect(page).toContain('<li>gone<span class="quiet">not in this repository</span></li>')
  expect(page).toContain('<li><a href="six.html">six</a><span class="quiet">one-abi</span></li>')
  expect(page).toContain('href="../p/one/1%3A1.2~rc1-1/files.json"')
  expect(page).toContain('And 2,950 more.')
})

it('leads nowhere but to the web and the repository', () => {
  expect(referenceHref('/p/a+b.peipkg')).toBe('../p/a+b.peipkg')
  expect(referenceHref('x.peipkg')).toBe('../index/x.peipkg')
  expect(referenceHref('https://cdn.example.org/x')).toBe('https://cdn.example.org/x')
  for (const address of ['javascript:x', 'data:text/html,x', 'file:///etc/passwd', 'https:///x', '']) {
    expect(webHref(address)).toBeUndefined()
  }
})

it('shows sizes in few digits', () => {
  const sizes = [0, 1, 1023, 1024, 10_240, 1_048_100, 5_000_000_000]
  expect(sizes.map(formatSize)).toEqual([
    '0 bytes',
    '1 byte',
    '1,023 bytes',
    '1.0 KiB',
    '10 KiB',
    '1.0 MiB',
    '4.7 GiB',
  ])
})
