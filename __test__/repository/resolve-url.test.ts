import { expect, test } from 'vitest'
import { checkScheme, resolveReference } from '../../ts/repository/resolve-url.ts'

const base = 'https://pkg.example/repo'
const secure = { baseUrl: base, insecure: false }

test.each([
  ['/index/active.json', `${base}/index/active.json`],
  ['//evil.example/x', `${base}//evil.example/x`],
  ['active.json', `${base}/index/active.json`],
  ['../keys/a.pub', `${base}/keys/a.pub`],
  ['https://cdn.example/p/x', 'https://cdn.example/p/x'],
  [
    '/p/libfoo/1:1.2.3~rc1+x-2/libfoo_1:1.2.3~rc1+x-2_x86_64.peipkg',
    `${base}/p/libfoo/1:1.2.3~rc1+x-2/libfoo_1:1.2.3~rc1+x-2_x86_64.peipkg`,
  ],
  ['p/1:1.2.3~rc1+x-2', `${base}/index/p/1:1.2.3~rc1+x-2`],
])('%s in index/archive.json of a repository', (reference, address) => {
  expect(resolveReference(reference, `${base}/index/archive.json`, secure)).toBe(address)
})

test.each([
  ['http://pkg.example/x', secure, 'http needs allow_insecure_transport'],
  ['file:///etc/shadow', secure, 'may not use file:///etc/shadow'],
  ['ftp://pkg.example/x', secure, 'may not use'],
  ['http://', { baseUrl: base, insecure: true }, 'may not use'],
])('%s is refused', (address, location, message) => {
  expect(() => checkScheme(address, location)).toThrow(message)
})

test('http where it was allowed, files from files', () => {
  expect(checkScheme('http://pkg.example/x', { baseUrl: base, insecure: true })).toBeTruthy()
  expect(checkScheme('file:///srv/x', { baseUrl: 'file:///srv', insecure: false })).toBeTruthy()
})
