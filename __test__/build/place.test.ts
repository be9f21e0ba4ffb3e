import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { placeTogether } from '../../ts/build/place.ts'

let directory: string

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'peipkg-place-'))
})

afterEach(() => rmSync(directory, { recursive: true }))

const fill = (names: readonly string[]) => async (staging: string) => {
  for (const name of names) writeFileSync(join(staging, name), `new ${name}`)
}

it('makes the directory and replaces what is there', async () => {
  const out = join(directory, 'a', 'b')
  expect(await placeTogether(out, ['x', 'y'], fill(['x', 'y']))).toEqual([join(out, 'x'), join(out, 'y')])
  await placeTogether(out, ['x'], fill(['x']))
  expect(readdirSync(out)).toEqual(['x', 'y'])
  expect(readFileSync(join(out, 'x'), 'utf8')).toBe('new x')
})

it('leaves everything as it was when one file is missing', async () => {
  writeFileSync(join(directory, 'x'), 'old x')
  await expect(placeTogether(directory, ['x', 'n', 'y'], fill(['x', 'n']))).rejects.toThrow('ENOENT')
  expect(readdirSync(directory)).toEqual(['x'])
  expect(readFileSync(join(directory, 'x'), 'utf8')).toBe('old x')
})

it('refuses a directory in the way before anything is made', async () => {
  mkdirSync(join(directory, 'y'))
  let filled = false
  const noteFill = async () => {
    filled = true
  }
  await expect(placeTogether(directory, ['x', 'y'], noteFill)).rejects.toThrow('it is a directory')
  expect(filled).toBe(false)
})

it('removes the directories it made when filling fails', async () => {
  const failing = async () => {
    throw new Error('no')
  }
  await expect(placeTogether(join(directory, 'a', 'b'), ['x'], failing)).rejects.toThrow('no')
  expect(existsSync(join(directory, 'a'))).toBe(false)
})
