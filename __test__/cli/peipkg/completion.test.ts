import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { run } from '../../programs.ts'
import { onTerminal } from '../../terminal.ts'
import { fingerprint, makePackage, makeRepository } from './packages.ts'
import { type Scratch, scratch } from './scratch.ts'

let s: Scratch
beforeEach(async () => {
  s = scratch()
  const repository = join(s.directory, 'repository')
  const packages = await Promise.all(
    ['app', 'apple', 'lib'].map((name) => makePackage(s.directory, { name })),
  )
  await makeRepository(repository, { packages })
  await s.ok(`repo add test file://${repository} --anchor ${fingerprint}`)
  await s.ok('install -y app')
})
afterEach(() => s.remove())

const complete = async (...words: string[]) => {
  const { stdout, stderr } = await run('peipkg', ['complete', '--', '--root', s.root, ...words])
  expect(stderr).toBe('')
  return stdout.split('\n').slice(0, -1)
}

describe('complete', () => {
  test('commands, and the second words of a group', async () => {
    expect(await complete('re')).toEqual(expect.arrayContaining(['refresh', 'remove', 'repo']))
    expect(await complete('complet')).toEqual(['completion'])
    expect(await complete('repo', '')).toEqual(['add', 'list', 'remove'])
    expect(await complete('help', 'autor')).toEqual(['autoremove'])
    expect(await complete('help', 'repo', '')).toEqual(['add', 'list', 'remove'])
    expect(await complete('help', 'install', '')).toEqual([])
    expect(await complete('mark', 'ex')).toEqual(['explicit'])
    expect(await complete('mark', 'explicit', '')).toEqual(['app'])
    expect(await complete('completion', '')).toEqual(['bash', 'fish', 'zsh'])
    expect(await complete('frobnicate', 'x')).toEqual([])
  })

  test('options of the command, and none where a value is due', async () => {
    expect(await complete('install', '--as')).toEqual(['--as-dependency'])
    expect(await complete('install', 'x', '--dry')).toEqual(['--dry-run'])
    expect(await complete('history', '-n', '')).toEqual([])
    expect(await complete('history', '--package', '')).toEqual([])
    expect(await complete('install', '--', '--as')).toEqual([])
  })

  test('names: installed, offered, configured', async () => {
    expect(await complete('remove', 'app')).toEqual(['app'])
    expect(await complete('install', 'app')).toEqual(['app', 'apple'])
    expect(await complete('--root', s.root, 'remove', '--cascade', '')).toEqual(['app'])
    expect(await complete('repo', 'remove', '')).toEqual(['test'])
    expect(await complete('do', '+app')).toEqual(['+app', '+apple'])
    expect(await complete('do', '+lib', '-')).toEqual(['-app'])
    expect(await complete('do', '--casc')).toEqual(['--cascade'])
  })
})

describe('in the shell itself', () => {
  const bin = fileURLToPath(new URL('../../../bin/', import.meta.url))
  const environment = () => ({ PATH: `${bin}:${process.env.PATH}`, HOME: s.directory, ZDOTDIR: s.directory })
  const setup = (shell: string) =>
    // What a completed line would run is shown instead of done.
    `PS1='$ '\nsource <(peipkg completion ${shell})\npeipkg() { if [[ $1 == complete ]]; then command peipkg "$@"; else printf '<%s>\\n' "$*"; fi; }\n`
  const typed = () =>
    [`peipkg --root ${s.root} install appl\t`, `peipkg --root=${s.root} remove ap\t`, `peipkg owns ./rea\t`]
      .map((line) => `${line}\n`)
      .join('')
  const completed = () => [
    `<--root ${s.root} install apple>`,
    `<--root=${s.root} remove app>`,
    '<owns ./readable>',
  ]
  const shown = (text: string) => text.split('\n').filter((line) => line.startsWith('<'))
  beforeEach(() => writeFileSync(join(s.directory, 'readable'), ''))

  test('bash', async () => {
    writeFileSync(join(s.directory, 'rc'), setup('bash'))
    const words = ['bash', '--noprofile', '--rcfile', 'rc', '-i']
    const ended = await onTerminal(words, `${typed()}exit\n`, s.directory, environment())
    expect(shown(ended.shown)).toEqual(completed())
  })

  test('zsh', async (context) => {
    if (!isThere('zsh')) context.skip('zsh is not installed')
    writeFileSync(join(s.directory, '.zshrc'), `autoload -Uz compinit; compinit -u -D\n${setup('zsh')}`)
    const ended = await onTerminal(['zsh', '-d', '-i'], `${typed()}exit\n`, s.directory, environment())
    expect(shown(ended.shown)).toEqual(completed())
  })

  test('zsh, with the script in a directory of $fpath', async (context) => {
    if (!isThere('zsh')) context.skip('zsh is not installed')
    writeFileSync(join(s.directory, '_peipkg'), await s.ok('completion zsh'))
    const own = setup('zsh').replace(/source .*\n/, '')
    const rc = `fpath=(${s.directory} $fpath)\nautoload -Uz compinit; compinit -u -D\n${own}`
    writeFileSync(join(s.directory, '.zshrc'), rc)
    const ended = await onTerminal(['zsh', '-d', '-i'], `${typed()}exit\n`, s.directory, environment())
    expect(shown(ended.shown)).toEqual(completed())
  })

  test('fish', async (context) => {
    if (!isThere('fish')) context.skip('fish is not installed')
    const asked = [
      ...[`--root ${s.root} install appl`, `--root=${s.root} remove ap`, 'owns ./rea'],
      ...['repo l', 'install --as', `--root ${s.root} remove `],
    ]
    const lines = asked.map((line) => `complete -C"peipkg ${line}"`)
    const { stdout, stderr } = spawnSync(
      'fish',
      ['--no-config', '-c', ['peipkg completion fish | source', ...lines].join('\n')],
      { encoding: 'utf8', cwd: s.directory, env: environment() },
    )
    expect(stderr).toBe('')
    expect(stdout.split('\n').slice(0, -1)).toEqual([
      ...['apple', 'app', './readable'],
      ...['list', '--as-dependency', 'app'],
    ])
  })

  const isThere = (shell: string): boolean => spawnSync(shell, ['-c', 'true']).status === 0
})

test('there is a script for each shell', async () => {
  for (const shell of ['bash', 'zsh', 'fish'])
    expect(await s.ok(`completion ${shell}`)).toContain('peipkg complete --')
  expect(await s.peipkg('completion tcsh')).toMatchObject({ code: 2 })
})
