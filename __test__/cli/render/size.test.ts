import { expect, it } from 'vitest'
import { groupFingerprint } from '../../../ts/cli/render/fingerprint.ts'
import { formatSize } from '../../../ts/cli/render/size.ts'

it.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1024, '1.0 KiB'],
  [3.14 * 1024 ** 2, '3.1 MiB'],
  [1024 ** 2 - 1, '1.0 MiB'],
  [5 * 1024 ** 4, '5.0 TiB'],
  [5000 * 1024 ** 4, '5000.0 TiB'],
])('%d bytes are %s', (bytes, text) => {
  expect(formatSize(bytes)).toBe(text)
})

it('groups fingerprints by four', () => {
  expect(groupFingerprint('0123456789abcdef')).toBe('0123 4567 89ab cdef')
})
