import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'

const directory = mkdtempSync(join(tmpdir(), 'peipkg-test-'))
afterAll(() => rmSync(directory, { recursive: true }))

/** What a run requires, by file name. */
function required(program: string, ...args: string[]): readonly string[] {
  const hook = join(directory, 'hook.cjs')
  const list = join(directory, 'list.json')
  writeFileSync(
    hook,
    `const Module = require('node:module')
     const load = Module._load
     const seen = []
     Module._load = function (request) { seen.push(request); return load.apply(this, arguments) }
     process.on('exit', () => require('node:fs').writeFileSync(${JSON.stringify(list)}, JSON.stringify(seen)))`,
  )
  const path = fileURLToPath(new URL(`../../bin/${program}`, import.meta.url))
  const { status, stderr } = spawnSync(process.execPath, ['--require', hook, path, ...args], {
    encoding: 'utf8',
  })
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  return JSON.parse(readFileSync(list, 'utf8'))
}

test.each([
  'peipkg',
  'peipkg-build',
  'peipkg-manager',
  'peipkg-repo',
])('%s --version loads nothing but the entry', (program) => {
  const files = required(program, '--version').filter((name) => name.startsWith('.'))
  expect(files).toEqual([`../dist/${program}/main.cjs`])
})

test('queries load neither HTTP, TOML, the resolver nor what a change needs', () => {
  const heavy = ['node:http', 'node:https', 'node:tls', 'node:zlib', 'node:child_process', 'node:readline']
  for (const command of [['list'], ['history'], ['files', '--help']]) {
    const loaded = required('peipkg', ...command, '--root', directory)
    expect(loaded.filter((name) => heavy.includes(name))).toEqual([])
    expect(loaded.filter((name) => /undici|toml/.test(name))).toEqual([])
  }
})
