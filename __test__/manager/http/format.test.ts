import { expect, test } from 'vitest'
import { ago, span } from '../../../ts/manager/http/page/format.ts'

const second = 1000
const minute = 60 * second
const hour = 60 * minute

test.each([
  [0, '1 second'],
  [59 * second, '59 seconds'],
  [minute + 5 * second, '1 minute'],
  [59 * minute + 59 * second, '59 minutes'],
  [hour, '1 hour'],
  [2 * hour + 5 * minute, '2 hours 5 minutes'],
  [25 * hour, '1 day 1 hour'],
  [24 * hour + 5 * minute, '1 day'],
])('%d ms are %s', (milliseconds, text) => {
  expect(span(milliseconds)).toBe(text)
})

test('times are told from now, with the exact one for machines', () => {
  const time = Date.parse('2026-05-01T12:00:00.500Z')
  expect(ago(time, time + 2 * minute).html).toBe(
    '<time datetime="2026-05-01T12:00:00.500Z" title="2026-05-01 12:00:00 UTC">2 minutes ago</time>',
  )
  expect(ago(time, time - 2 * minute).html).toContain('>in 2 minutes<')
  expect(ago(time, time + 5).html).toContain('>just now<')
})
