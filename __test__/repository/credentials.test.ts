import { expect, test } from 'vitest'
import { authorizationFor, parseNetrc } from '../../ts/repository/credentials.ts'

const parse = (text: string) => parseNetrc(text, '/conf/peipkg/x.netrc')
const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`

test('entries in any number of lines, by host, or by host and port', () => {
  const credentials = parse(`
    # ours
    machine Pkg.Example.org login me password one
    machine pkg.example.org:8443
      login other
      account ignored
      password two
    machine pkg.example.org login late password three
  `)
  expect(authorizationFor('https://pkg.example.org/x', credentials)).toBe(basic('me:one'))
  expect(authorizationFor('https://pkg.example.org:8443/x', credentials)).toBe(basic('other:two'))
  expect(authorizationFor('https://pkg.example.org:9443/x', credentials)).toBe(basic('me:one'))
  expect(authorizationFor('https://example.org/x', credentials)).toBeUndefined()
  expect(authorizationFor('https://example.org/x', undefined)).toBeUndefined()
})

test.each([
  ['default login a password b', 'has a default entry'],
  ['machine a login b', 'has a machine without login or password'],
  ['machine a login', 'ends within an entry'],
  ['machine a macdef secret', 'holds something else than'],
  ['login a password b', 'holds something else than'],
])('refuses %j, and quotes none of it', (text, what) => {
  let message = ''
  try {
    parse(text)
  } catch (error) {
    message = String(error)
  }
  expect(message).toContain(`the credentials file /conf/peipkg/x.netrc ${what}`)
  expect(message).not.toContain('secret')
})
