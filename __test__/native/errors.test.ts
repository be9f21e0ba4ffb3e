import { mkdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { asPeiError, reasonOf } from '../../ts/native/errors.ts'

function thrownBy(action: () => unknown): unknown {
  try {
    action()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}

test('what the system refuses is said in words', () => {
  const absent = thrownBy(() => readFileSync('absent/file'))
  expect(reasonOf(absent)).toBe('no such file or directory')
  expect(asPeiError(absent)).toMatchObject({
    code: 'PEI_IO',
    message: 'cannot read absent/file: no such file or directory',
  })
  expect(asPeiError(thrownBy(() => mkdirSync('/')))?.message).toBe('cannot create /: file already exists')
})

test('what the core was refused is said in the same words', () => {
  const native = (message: string) => Object.assign(new Error(message), { code: 'PEI_IO' })
  expect(asPeiError(native('cannot write key file k: File exists (os error 17)'))?.message).toBe(
    'cannot write key file k: file exists',
  )
  expect(asPeiError(native('/a: Permission denied (os error 13) (try again)'))?.message).toBe(
    '/a: permission denied (try again)',
  )
  expect(asPeiError(native('key file K: Not one'))?.message).toBe('key file K: Not one')
})

test('a bug stays one, and a failed connection keeps its own words', () => {
  expect(asPeiError(new TypeError('oops'))).toBeUndefined()
  expect(asPeiError(Object.assign(new TypeError('bad'), { code: 'ERR_INVALID_ARG_TYPE' }))).toBeUndefined()
  const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), {
    ...{ code: 'ECONNREFUSED', errno: -111, syscall: 'connect', address: '127.0.0.1', port: 1 },
  })
  expect(reasonOf(refused)).toBe('connect ECONNREFUSED 127.0.0.1:1')
})
