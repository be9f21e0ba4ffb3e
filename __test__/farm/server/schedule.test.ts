/** When jobs run, and what templates become: without a server. */

import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cronProblem, nextByCron } from '../../../ts/farm/server/cron.ts'
import { createGuesses } from '../../../ts/farm/server/guesses.ts'
import { firstRun, followingRun } from '../../../ts/farm/server/schedule.ts'
import { expandText } from '../../../ts/farm/server/templates.ts'

const at = (text: string) => Date.parse(text)
const next = (cron: string, from: string) => new Date(nextByCron(cron, at(from)) ?? Number.NaN).toISOString()

describe('cron', () => {
  test.each([
    ['* * * * *', '2026-05-01T12:00:00Z', '2026-05-01T12:01:00.000Z'],
    ['*/15 3 * * *', '2026-05-01T03:45:00Z', '2026-05-02T03:00:00.000Z'],
    ['0 0 29 2 *', '2026-03-01T00:00:00Z', '2028-02-29T00:00:00.000Z'],
    ['30 6 * * mon-fri', '2026-05-01T07:00:00Z', '2026-05-04T06:30:00.000Z'],
    ['0 0 13 * fri', '2026-05-01T00:00:00Z', '2026-05-08T00:00:00.000Z'],
    ['0 12 * * 7', '2026-05-01T00:00:00Z', '2026-05-03T12:00:00.000Z'],
    ['5,10-12/2 0 1 jan *', '2026-01-01T00:05:00Z', '2026-01-01T00:10:00.000Z'],
    ['@weekly', '2026-05-01T00:00:00Z', '2026-05-03T00:00:00.000Z'],
  ])('%s after %s', (cron, from, expected) => expect(next(cron, from)).toBe(expected))

  test.each([
    '',
    '* * * *',
    '60 * * * *',
    '* 24 * * *',
    '* * 0 * *',
    '* * * 13 *',
    '* * * * 8',
    '5-1 * * * *',
    '*/0 * * * *',
    'x * * * *',
    '0 0 31 2 *',
  ])('"%s" is refused', (cron) => expect(cronProblem(cron)).toBeDefined())
})

test('periods do not drift, and however many runs were missed, one follows', () => {
  const plan = { period: 'daily', cron: '' } as const
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4e12 }), fc.integer({ min: 0, max: 1e10 }), (due, late) => {
      const following = followingRun(plan, due, due + late) ?? 0
      expect((following - due) % 86_400_000).toBe(0)
      expect(following).toBeGreaterThan(due + late)
      expect(following - due - late).toBeLessThanOrEqual(86_400_000)
    }),
  )
  expect(firstRun({ period: 'never', cron: '' }, 0)).toBeUndefined()
})

describe('templates', () => {
  test('whatever a value holds, a shell reads it as one word', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 30 }), (value) => {
        fc.pre(!value.includes('\0') && !/[\uD800-\uDFFF]/.test(value))
        const script = expandText("printf '%s|' %%x%%", { x: value }, 'f')
        expect(execFileSync('/bin/sh', ['-c', script], { encoding: 'utf8' })).toBe(`${value}|`)
      }),
      { numRuns: 50 },
    )
  })

  test('what needs quotes is refused within quotes, and quotes in comments are none', () => {
    const expand = (text: string, x = 'a b') => expandText(text, { x }, 'f')
    for (const text of ['"%%x%%"', "'%%x%%'", 'echo "\\"%%x%%"'])
      expect(() => expand(text)).toThrow('f:1: the value of %%x%%')
    expect(expand("# it's\necho %%x%%")).toBe("# it's\necho 'a b'")
    expect(expand('"%%x%%"', 'a/b:1')).toBe('"a/b:1"')
    expect(expand('"%%raw:x%%"')).toBe('"a b"')
    expect(() => expand('\n\n%%y%%')).toThrow('f:3: unknown placeholder %%y%%')
  })
})

test('the tenth wrong token in a minute is one too many, for that address only', () => {
  const guesses = createGuesses()
  const waits = Array.from({ length: 10 }, (_, index) => guesses.fail('a', index * 1000))
  expect(waits).toEqual([...Array(9).fill(0), 51])
  expect([guesses.wait('a', 10_000), guesses.wait('b', 10_000), guesses.wait('a', 60_000)]).toEqual([
    50, 0, 0,
  ])
})
