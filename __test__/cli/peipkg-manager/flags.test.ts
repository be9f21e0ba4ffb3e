import { expect, test } from 'vitest'
import { parseFlags } from '../../../ts/cli/peipkg-manager/flags.ts'

const run = (...argv: string[]) => {
  const line = parseFlags(argv)
  if (line.kind !== 'run') throw new Error(JSON.stringify(line))
  return line.flags
}

const defaults = {
  config: '/etc/peipkg-manager/config.toml',
  logLevel: 'info',
  once: false,
  check: false,
  recipe: '',
  retry: false,
}

test('one or two dashes, values with = or as the next word', () => {
  expect(run()).toEqual(defaults)
  const given = { ...defaults, config: 'c', logLevel: 'debug', once: true }
  expect(run('--config', 'c', '-log-level=debug', '-once')).toEqual(given)
  expect(run('-config=c', '--log-level', 'debug', '--once=true')).toEqual(given)
  expect(run('--config=').config).toBe('')
  expect(run('--config', '--once').config).toBe('--once')
  expect(run('--config=a=b').config).toBe('a=b')
  expect(run('--config', 'a', '--config', 'b').config).toBe('b')
})

test.each(['1', 't', 'T', 'TRUE', 'true', 'True'])('--once=%s', (text) => {
  expect(run(`--once=${text}`).once).toBe(true)
})

test.each(['0', 'f', 'F', 'FALSE', 'false', 'False'])('--once=%s', (text) => {
  expect(run('--once', `-once=${text}`).once).toBe(false)
})

test('parsing stops at the first word that is no flag, and at --; the rest is ignored', () => {
  expect(run('--once', 'word', '--bogus')).toEqual({ ...defaults, once: true })
  expect(run('--', '--bogus')).toEqual(defaults)
  expect(run('-', '--bogus')).toEqual(defaults)
  expect(run('--once', 'false').once).toBe(true)
})

test('one recipe', () => {
  expect(run('--once', '--recipe', 'musl', '--retry')).toMatchObject({
    once: true,
    recipe: 'musl',
    retry: true,
  })
  expect(run('--check').check).toBe(true)
})

test.each([
  [['--bogus'], 'flag provided but not defined: -bogus'],
  [['--bogus=1'], 'flag provided but not defined: -bogus'],
  [['--constructor'], 'flag provided but not defined: -constructor'],
  [['---once'], 'bad flag syntax: ---once'],
  [['-=x'], 'bad flag syntax: -=x'],
  [['--config'], 'flag needs an argument: -config'],
  [['--once=maybe'], 'invalid boolean value "maybe" for -once: parse error'],
  [['--once='], 'invalid boolean value "" for -once: parse error'],
  [['--recipe', 'x'], 'flag -recipe goes with -once'],
  [['--once', '--retry'], 'flag -retry goes with -recipe'],
])('%j', (argv, message) => {
  const line = parseFlags(argv)
  expect(line).toMatchObject({ kind: 'end', code: 2 })
  expect((line as { text: string }).text).toMatch(new RegExp(`^${message}\nUsage of peipkg-manager:\n`))
})

const documented = `Usage of peipkg-manager:
  -config string
    \tpath to peipkg-config.toml (default "/etc/peipkg-manager/config.toml")
  -log-level string
    \tlog verbosity: debug, info, warn, error (default "info")
  -once
    \trun a single poll/build/publish sweep and exit (cron/CI mode); default is the long-running daemon
`

test.each(['-h', '-help', '--help', '--h'])('%s', (word) => {
  const line = parseFlags([word])
  expect(line).toMatchObject({ kind: 'end', code: 0, text: expect.stringMatching(/^Usage/) })
  expect((line as { text: string }).text.startsWith(documented)).toBe(true)
})

test('--version', () => {
  expect(parseFlags(['-version'])).toEqual({ kind: 'version' })
})
