import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { run } from '../../programs.ts'
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

test('bash completes with it', async () => {
  const script = join(s.directory, 'completion.bash')
  const bin = fileURLToPath(new URL('../../../bin/', import.meta.url))
  const { stdout, stderr } = spawnSync(
    'bash',
    [
      '--norc',
      '-c',
      `source <(peipkg completion bash) && COMP_WORDS=(peipkg --root "$1" remove ap) COMP_CWORD=4 && _peipkg && printf '%s\\n' "\${COMPREPLY[@]}"`,
      script,
      s.root,
    ],
    { encoding: 'utf8', env: { PATH: `${bin}:${process.env.PATH}` } },
  )
  expect({ stdout, stderr }).toEqual({ stdout: 'app\n', stderr: '' })
})

test('there is a script for each shell', async () => {
  for (const shell of ['bash', 'zsh', 'fish'])
    expect(await s.ok(`completion ${shell}`)).toContain('peipkg complete --')
  expect(await s.peipkg('completion tcsh')).toMatchObject({ code: 2 })
})
