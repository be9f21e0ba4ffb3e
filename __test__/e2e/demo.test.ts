import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, it } from 'vitest'

const demo = fileURLToPath(new URL('../../examples/demo.mjs', import.meta.url))

let temporary: string

beforeEach(() => {
  temporary = mkdtempSync(join(tmpdir(), 'peipkg-demo-test-'))
})

afterEach(() => rmSync(temporary, { recursive: true }))

/** Runs the demo; `watch` sees all of its output so far, whenever there is more. */
function perform(watch: (text: string, kill: (signal: NodeJS.Signals) => void) => void = () => {}) {
  const child = spawn(process.execPath, [demo], {
    env: { ...process.env, TMPDIR: temporary },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let text = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
      watch(text, (signal) => child.kill(signal))
    })
  }
  return new Promise<{ code: number | null; text: string }>((resolve) => {
    child.on('close', (code) => resolve({ code, text }))
  })
}

it('goes the whole way and leaves nothing', { timeout: 240_000 }, async () => {
  const { code, text } = await perform()
  expect({ code, end: code === 0 ? '' : text }).toEqual({ code: 0, end: '' })
  for (const line of [
    `\nv${process.versions.node}\n`,
    'all recorded files are intact',
    'npm: /usr/share/doc/npm/PACKAGE has been modified since install',
    'published index_version 3 (2 new packages)',
    'committed  upgrade nodejs, npm',
    'no packages are installed',
    'files left below root/usr: 0',
    '\n9. Done\n',
  ]) {
    expect(text).toContain(line)
  }
  expect(readdirSync(temporary)).toEqual([])
})

it('leaves nothing when it is interrupted', { timeout: 120_000 }, async () => {
  const { code, text } = await perform((seen, kill) => {
    if (seen.includes('peipkg-build build')) kill('SIGINT')
  })
  expect(code).toBe(130)
  expect(text).toContain('demo: interrupted by SIGINT')
  expect(readdirSync(temporary)).toEqual([])
})
