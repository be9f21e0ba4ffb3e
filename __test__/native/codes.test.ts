import { expect, test } from 'vitest'
import { nativeCodes, ownCodes } from '../../ts/native/codes.ts'
import { nativeErrorCodes } from '../../ts/native/task.ts'

test('the table of codes is the core’s, sorted, and adds codes of its own', () => {
  expect(nativeCodes).toEqual(nativeErrorCodes())
  expect(ownCodes).toEqual([...ownCodes].sort())
  expect(ownCodes.filter((code) => (nativeCodes as readonly string[]).includes(code))).toEqual([])
})
