import { expect, test } from 'vitest'
import { checkDirectory } from '../../ts/publisher/directory.ts'

test('a directory that is absent, or is none, is named as it was typed', () => {
  expect(() => checkDirectory('.')).not.toThrow()
  expect(() => checkDirectory('absent')).toThrow('cannot read absent: no such file or directory')
  expect(() => checkDirectory('package.json')).toThrow('cannot read package.json: not a directory')
})
