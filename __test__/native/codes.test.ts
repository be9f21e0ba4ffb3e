import { expect, it } from 'vitest'
import { nativeCodes } from '../../ts/native/codes.ts'
import { nativeErrorCodes } from '../../ts/native/task.ts'

it('both sides have the same table of codes, sorted', () => {
  expect([...nativeCodes]).toEqual(nativeErrorCodes())
  expect([...nativeCodes]).toEqual([...nativeCodes].sort())
})
