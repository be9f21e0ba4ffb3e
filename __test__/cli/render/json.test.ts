import { expect, test } from 'vitest'
import { jsonText } from '../../../ts/cli/render/json.ts'

test('controls of terminals and of writing direction are escaped, and read as they were', () => {
  const text = 'a\u0007\u001b\u007f\u009b\u200e\u200f\u2028\u2029\u202a\u202e\u2066\u2069 größe'
  const written = jsonText({ [text]: text })
  expect(written).toMatch(/^[\x20-\x7eöß]*$/)
  expect(JSON.parse(written)).toEqual({ [text]: text })
  expect(jsonText(['\u202e'])).toBe('["\\u202e"]')
  expect(jsonText({ a: 1 }, 2)).toBe('{\n  "a": 1\n}')
})
