import { expect, it } from 'vitest'
import { closest } from '../../ts/config/nearest.ts'

const KEYS = [
  'name',
  'architecture',
  'files',
  'description',
  'dependencies',
  'optional_dependencies',
  'provides',
]

it.each([
  ['nmae', 'name'],
  ['arch', 'architecture'],
  ['desc', 'description'],
  ['depends', 'dependencies'],
  ['Provides', 'provides'],
  ['optional_deps', 'optional_dependencies'],
  ['file', 'files'],
])('%s is closest to %s', (word, known) => {
  expect(closest(word, KEYS)).toBe(known)
})
