import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createLogger, formatTime, parseLevel } from '../../ts/cli/logger.ts'
import type { LogFields } from '../../ts/manager/model.ts'
import { hostileText } from '../hostile-text.ts'

const time = new Date('2026-11-21T09:01:48.549Z')

function line(message: string, fields: LogFields = {}): string {
  const lines: string[] = []
  createLogger(
    'debug',
    (text) => lines.push(text),
    () => time,
  ).info(message, fields)
  return lines.join('').replace(/^time=\S+ level=INFO /, '')
}

test('a line as slog writes it', () => {
  const lines: string[] = []
  const log = createLogger(
    'info',
    (text) => lines.push(text),
    () => time,
  )
  log.debug('not this')
  log.info('poll complete', { recipe: 'musl', tags_seen: 3, ok: true })
  log.warn('w')
  log.error('load config', { err: 'parse ce.toml: x' })
  const at = `time=${formatTime(time)}`
  expect(lines).toEqual([
    `${at} level=INFO msg="poll complete" recipe=musl tags_seen=3 ok=true\n`,
    `${at} level=WARN msg=w\n`,
    `${at} level=ERROR msg="load config" err="parse ce.toml: x"\n`,
  ])
})

test.each([
  [0, '2026-11-21T09:01:48.549Z'],
  [-60, '2026-11-21T10:01:48.549+01:00'],
  [210, '2026-11-21T05:31:48.549-03:30'],
])('%d minutes behind UTC', (minutes, text) => {
  expect(formatTime(time, minutes)).toBe(text)
})

test.each([
  ['', '""'],
  ['plain', 'plain'],
  ['a\\b', 'a\\b'],
  ['größe-日本', 'größe-日本'],
  ['a b', '"a b"'],
  ['a=b', '"a=b"'],
  ['say "hi"', '"say \\"hi\\""'],
  ['a \\ b', '"a \\\\ b"'],
  ['\u0007\b\f\n\r\t\v', '"\\a\\b\\f\\n\\r\\t\\v"'],
  ['\u001b[31mred\u007f', '"\\x1b[31mred\\x7f"'],
  ['\u009b31m', '"\\u009b31m"'],
  ['\u202egnp', '"\\u202egnp"'],
  ['\u00a0', '"\\u00a0"'],
  ['\u{e0041}', '"\\U000e0041"'],
  ['\ud800', '"\\ufffd"'],
])('%j', (value, written) => {
  expect(line('m', { key: value })).toBe(`msg=m key=${written}\n`)
})

test('whatever a value holds, a line is one line without control characters, and not endless', () => {
  fc.assert(
    fc.property(hostileText(40), (value) => {
      expect(line('m', { value })).toMatch(/^msg=m value=[^\u0000-\u001f\u007f-\u009f\u202a-\u202e]*\n$/u)
    }),
  )
  expect(line('m', { value: 'x'.repeat(100_000) }).length).toBeLessThan(9000)
})

test('levels are exact words', () => {
  expect(['debug', 'info', 'warn', 'error'].map(parseLevel)).toEqual(['debug', 'info', 'warn', 'error'])
  expect(['INFO', 'nope', ''].map(parseLevel)).toEqual([undefined, undefined, undefined])
})
