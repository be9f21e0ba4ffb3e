import { describe, expect, test } from 'vitest'
import { asksForJson, type Grammar, parseArgv } from '../../ts/cli/argv.ts'
import { UsageError } from '../../ts/cli/usage-error.ts'

const grammar: Grammar = {
  flags: ['yes', 'json', 'dry-run', 'null', 'help'],
  values: ['limit', 'anchor'],
  paths: ['root'],
  optionalValues: ['wait'],
  short: { y: 'yes', n: 'limit', 0: 'null', h: 'help' },
  dashed: { command: 'do', except: ['-y'] },
}

const parse = (...argv: string[]) => {
  const { words, options } = parseArgv(argv, grammar)
  return { words, options: options.map(({ name, value }) => ({ name, value })) }
}
const problem = (...argv: string[]) => {
  try {
    parse(...argv)
  } catch (error) {
    if (error instanceof UsageError) return `${error.problem}: ${error.message}`
    throw error
  }
  return 'none'
}

describe('the grammar of all programs', () => {
  test.each([
    ['--root=/x'],
    ['-root=/x'],
    ['--root', '/x'],
    ['-root', '/x'],
  ])('long options take one dash or two, "=" or a space: %s %s', (...argv) => {
    expect(parse('list', ...argv.filter(Boolean))).toEqual({
      words: ['list'],
      options: [{ name: 'root', value: '/x' }],
    })
  })

  test('options stand before or after positional arguments', () => {
    const expected = [
      { name: 'root', value: '/x' },
      { name: 'yes', value: true },
    ]
    expect(parse('--root', '/x', 'install', '-y', 'nginx')).toEqual({
      words: ['install', 'nginx'],
      options: expected,
    })
    expect(parse('install', 'nginx', '--root', '/x', '--yes')).toEqual({
      words: ['install', 'nginx'],
      options: expected,
    })
  })

  test('"--" ends the options, a lone dash is an argument', () => {
    expect(parse('install', '--', '-y', '--', '--root')).toEqual({
      words: ['install', '-y', '--', '--root'],
      options: [],
    })
    expect(parse('owns', '-')).toEqual({ words: ['owns', '-'], options: [] })
  })

  test('a value may look like an option, contain "=" or be empty', () => {
    expect(parse('--root', '-y').options).toEqual([{ name: 'root', value: '-y' }])
    expect(parse('--root=a=b\n=c').options).toEqual([{ name: 'root', value: 'a=b\n=c' }])
    expect(parse('--anchor=').options).toEqual([{ name: 'anchor', value: '' }])
  })

  test('flags take a truth value with "=" only', () => {
    expect(parse('--yes=false', '-json=true', '-y=0').options).toEqual([
      { name: 'yes', value: false },
      { name: 'json', value: true },
      { name: 'yes', value: false },
    ])
    expect(parse('--yes', 'false').words).toEqual(['false'])
    expect(problem('--yes=maybe')).toBe('malformed: option "--yes" is either "true" or "false", not "maybe"')
  })

  test('--wait takes seconds only with "="', () => {
    expect(parse('--wait', '30')).toEqual({ words: ['30'], options: [{ name: 'wait', value: true }] })
    expect(parse('-wait=30').options).toEqual([{ name: 'wait', value: '30' }])
  })

  test('short options stand alone and are never bundled', () => {
    expect(parse('-n', '5', '-0', '-y', '-h').options.map(({ name }) => name)).toEqual([
      'limit',
      'null',
      'yes',
      'help',
    ])
    expect(parse('-n=5').options).toEqual([{ name: 'limit', value: '5' }])
    expect(problem('-yn')).toBe('unknown: unknown option "-yn"')
    expect(problem('-n5')).toBe('unknown: unknown option "-n5"')
  })

  test('what is unknown or missing is said, with the nearest known option', () => {
    expect(problem('--dryrun')).toBe('unknown: unknown option "--dryrun" (did you mean "--dry-run"?)')
    expect(problem('--jsn=x')).toBe('unknown: unknown option "--jsn" (did you mean "--json"?)')
    expect(problem('--constructor')).toBe('unknown: unknown option "--constructor"')
    expect(problem('list', '--root')).toBe('missing: option "--root" needs a value')
  })
})

test('--json is seen in an argv that does not parse', () => {
  expect(asksForJson(['--bogus', '-json'], grammar)).toBe(true)
  expect(asksForJson(['--json=false'], grammar)).toBe(false)
  expect(asksForJson(['owns', '--', '--json'], grammar)).toBe(false)
  expect(asksForJson(['do', '-json'], grammar)).toBe(false)
  expect(asksForJson(['do', '--json'], grammar)).toBe(true)
})

test('in `do` one dash is a removal, but for -y', () => {
  expect(parse('do', '+a', '-b', '-y', '-n', '--limit', '3', '-yes', '-json=x')).toEqual({
    words: ['do', '+a', '-b', '-n', '-yes', '-json=x'],
    options: [
      { name: 'yes', value: true },
      { name: 'limit', value: '3' },
    ],
  })
  expect(parse('--root', '/x', 'do', '--', '-y').words).toEqual(['do', '-y'])
  expect(problem('-b', 'do', '+a')).toMatch(/^unknown/)
})

test('options keep the form in which they were typed', () => {
  const { options } = parseArgv(['-n=5', '--limit', '6', '-root', '/'], grammar)
  expect(options.map(({ typed }) => typed)).toEqual(['-n', '--limit', '-root'])
})

test.each([['--root='], ['--root', ''], ['-root=']])('an empty path is malformed: %j %j', (...argv) => {
  expect(problem(...argv)).toMatch(/^malformed: option "--?root" needs a path, not an empty one$/)
})
