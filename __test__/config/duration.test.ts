import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatGoDuration, parseGoDuration } from '../../ts/config/duration.ts'

test.each([
  ['0', 0],
  ['0s', 0],
  ['90m', 5_400_000],
  ['5400s', 5_400_000],
  ['1h30m', 5_400_000],
  ['1.5h', 5_400_000],
  ['.5s', 500],
  ['1.s', 1000],
  ['-1m', -60_000],
  ['+2s', 2000],
  ['1h1m1s1ms1us1ns', 3_661_001.001001],
  ['3µs', 0.003],
  ['3μs', 0.003],
])('%s', (text, milliseconds) => {
  expect(parseGoDuration(text)).toBeCloseTo(milliseconds, 6)
})

test.each([
  ['', 'time: invalid duration ""'],
  ['-', 'time: invalid duration "-"'],
  ['5', 'time: missing unit in duration "5"'],
  ['1h5', 'time: missing unit in duration "1h5"'],
  ['1d', 'time: unknown unit "d" in duration "1d"'],
  ['1 h', 'time: unknown unit " h" in duration "1 h"'],
  ['.s', 'time: invalid duration ".s"'],
  ['h', 'time: invalid duration "h"'],
  ['1.2.3s', 'time: missing unit in duration "1.2.3s"'],
  ['--1s', 'time: invalid duration "--1s"'],
  ['3000000h', 'time: invalid duration "3000000h"'],
  ['1constructor', 'time: unknown unit "constructor" in duration "1constructor"'],
])('%j is none', (text, message) => {
  expect(() => parseGoDuration(text)).toThrow(message)
})

test.each([
  [0, '0s'],
  [60_000, '1m0s'],
  [3_600_000, '1h0m0s'],
  [5_400_000, '1h30m0s'],
  [86_400_000, '24h0m0s'],
  [1500, '1.5s'],
  [250, '250ms'],
  [0.5, '500µs'],
  [0.000001, '1ns'],
  [61_001, '1m1.001s'],
  [-60_000, '-1m0s'],
])('%d ms is printed as %s', (milliseconds, text) => {
  expect(formatGoDuration(milliseconds)).toBe(text)
})

test('what is printed is read back', () => {
  fc.assert(
    fc.property(fc.integer({ min: -1e12, max: 1e12 }), (milliseconds) => {
      expect(parseGoDuration(formatGoDuration(milliseconds))).toBeCloseTo(milliseconds, 3)
    }),
  )
})
