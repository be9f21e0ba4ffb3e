import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { makeDirectories } from '../../ts/config/make-directories.ts'

let place: string
beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'peipkg-directories-'))
})
afterEach(() => rmSync(place, { recursive: true, force: true }))

it('makes all that is missing and says where it began', () => {
  expect(makeDirectories(join(place, 'a/b/c'), 0o700)).toBe(join(place, 'a'))
  expect(statSync(join(place, 'a/b/c')).mode & 0o777).toBe(0o700)
  expect(makeDirectories(join(place, 'a/b/c'))).toBeUndefined()
  mkdirSync(join(place, 'd'))
  expect(makeDirectories(join(place, 'd/e'))).toBe(join(place, 'd/e'))
})

it('says what is in the way', () => {
  writeFileSync(join(place, 'file'), '')
  expect(() => makeDirectories(join(place, 'file'))).toThrow('EEXIST')
  expect(() => makeDirectories(join(place, 'file/below'))).toThrow('ENOTDIR')
})

it.runIf(existsSync('/proc/self'))('gives up where no directory can be made', () => {
  expect(() => makeDirectories('/proc/peipkg/state')).toThrow('ENOENT')
})
