import { mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { makeDirectories } from '../../ts/native/make-directories.ts'

let directory: string

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'peipkg-directories-'))
})

afterEach(() => rmSync(directory, { recursive: true }))

test('parents are made with it, and the first of them is told', () => {
  const umask = process.umask(0o022)
  try {
    expect(makeDirectories(join(directory, 'a/b/c'))).toBe(join(directory, 'a'))
    expect(makeDirectories(join(directory, 'a/b/d'), 0o700)).toBe(join(directory, 'a/b/d'))
  } finally {
    process.umask(umask)
  }
  expect(['a', 'a/b', 'a/b/c', 'a/b/d'].map((path) => statSync(join(directory, path)).mode & 0o777)).toEqual([
    0o755, 0o755, 0o755, 0o700,
  ])
  expect(makeDirectories(join(directory, 'a/b/c'))).toBeUndefined()
  symlinkSync('a', join(directory, 'link'))
  expect(makeDirectories(join(directory, 'link/b'))).toBeUndefined()
})

test.each([
  ['file', 'not a directory'],
  ['file/below', 'not a directory'],
  ['dangling', 'file already exists'],
])('%s cannot be made: %s', (name, reason) => {
  writeFileSync(join(directory, 'file'), '')
  symlinkSync('nowhere', join(directory, 'dangling'))
  mkdirSync(join(directory, 'x'))
  const path = join(directory, name)
  expect(() => makeDirectories(path)).toThrow(`cannot create ${path}: ${reason}`)
})

test('where the system knows no such parent, that is the end of it', () => {
  // Node's own call goes round for ever here.
  expect(() => makeDirectories('/proc/peipkg/below')).toThrow(
    /^cannot create \/proc\/peipkg\/below: (no such file or directory|operation not permitted|permission denied)$/,
  )
})
