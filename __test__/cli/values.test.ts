import { describe, expect, it } from 'vitest'
import { UsageError } from '../../ts/cli/usage-error.ts'
import {
  parseChoice,
  parseDuration,
  parseTimestamp,
  parseWholeNumber,
  requireOptions,
  timestampFromEpoch,
} from '../../ts/cli/values.ts'

function problemOf(action: () => unknown): string {
  try {
    action()
  } catch (error) {
    if (error instanceof UsageError) return `${error.problem}: ${error.message}`
    throw error
  }
  return 'none'
}

describe('options', () => {
  it('that are missing are named together', () => {
    expect(requireOptions({ in: 'a', out: 'b' })).toEqual({ in: 'a', out: 'b' })
    expect(problemOf(() => requireOptions({ in: undefined, 'sign-key': undefined, out: '' }))).toBe(
      'missing: options --in, --sign-key are needed',
    )
  })

  it('with numbers', () => {
    expect(parseWholeNumber('--level', '22', 1, 22)).toBe(22)
    for (const text of ['0', '23', '-1', '1.5', '', ' 1', '1e1', '0x1']) {
      expect(problemOf(() => parseWholeNumber('--level', text, 1, 22))).toMatch(
        /^malformed: option --level is a whole/,
      )
    }
  })

  it('with choices', () => {
    expect(parseChoice('--mode', 'both', ['both', 'hashes'])).toBe('both')
    expect(problemOf(() => parseChoice('--mode', 'all', ['both', 'hashes']))).toBe(
      'malformed: option --mode is one of both, hashes, not "all"',
    )
  })

  it('with times', () => {
    expect(['90', '90s', '30m', '2h'].map((text) => parseDuration('--timeout', text))).toEqual([
      90, 90, 1800, 7200,
    ])
    for (const text of ['', '0', '-1', '1.5h', '8d', '1w', '999999999h', 'h']) {
      expect(problemOf(() => parseDuration('--timeout', text))).toMatch(/^malformed/)
    }
  })

  it('with timestamps', () => {
    expect(parseTimestamp('--timestamp', '2024-02-29T23:59:59Z')).toBe('2024-02-29T23:59:59Z')
    const wrong = [
      '2023-02-29T00:00:00Z',
      '2024-01-01T24:00:00Z',
      '2024-01-01T00:00:60Z',
      '2024-01-01T00:00:00+00:00',
    ]
    for (const text of [...wrong, '1969-12-31T23:59:59Z', '2024-01-01T00:00:00.5Z', '2024-01-01', 'now']) {
      expect(problemOf(() => parseTimestamp('--timestamp', text))).toMatch(
        /^malformed: option --timestamp is a UTC time/,
      )
    }
  })

  it('or SOURCE_DATE_EPOCH', () => {
    expect(timestampFromEpoch('0')).toBe('1970-01-01T00:00:00Z')
    expect(timestampFromEpoch('1777636800')).toBe('2026-05-01T12:00:00Z')
    expect(timestampFromEpoch('253402300799')).toBe('9999-12-31T23:59:59Z')
    for (const text of ['', '-1', '253402300800', '1.0', 'now']) {
      expect(problemOf(() => timestampFromEpoch(text))).toMatch(/^malformed: SOURCE_DATE_EPOCH/)
    }
  })
})
