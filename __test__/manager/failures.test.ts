import { describe, expect, it } from 'vitest'
import { backOff, createFailures, failureKey } from '../../ts/manager/failures.ts'

const minute = 60_000
const hour = 60 * minute

describe('back-off', () => {
  it.each([
    [0, 0],
    [1, minute],
    [2, 5 * minute],
    [3, 15 * minute],
    [4, hour],
    [5, 6 * hour],
    [6, 24 * hour],
    [7, 24 * hour],
    [99, 24 * hour],
  ])('after %i failures waits %i ms', (failures, delay) => {
    expect(backOff(failures)).toBe(delay)
  })

  it('keeps every version of every recipe apart, until it succeeds', () => {
    const failures = createFailures()
    const key = failureKey('hello', '1.0-1')
    expect(failures.record(key, 0)).toBe(minute)
    expect(failures.delays(key, minute - 1)).toBe(true)
    expect(failures.delays(key, minute)).toBe(false)
    expect(failures.delays(failureKey('hello', '1.0-2'), 0)).toBe(false)
    expect(failures.record(key, minute)).toBe(5 * minute)
    expect(failures.snapshot()).toEqual(new Map([[key, { failures: 2, nextRetry: 6 * minute }]]))
    failures.clear(key)
    expect(failures.snapshot().size).toBe(0)
    expect(failures.record(key, 0)).toBe(minute)
  })

  it('lists keys sorted, the past ones too', () => {
    const failures = createFailures()
    for (const key of ['b@1-1', 'a@2-1', 'a@1-1']) failures.record(key, 0)
    expect([...failures.snapshot().keys()]).toEqual(['a@1-1', 'a@2-1', 'b@1-1'])
  })
})
