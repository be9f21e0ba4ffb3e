import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

/** Runs a demo to its end, which has to be a good one; returns what it printed. */
async function perform(demo: string): Promise<string> {
  const path = fileURLToPath(new URL(`../../examples/${demo}.mjs`, import.meta.url))
  const temporary = mkdtempSync(join(tmpdir(), 'peipkg-demo-farm-test-'))
  const child = spawn(process.execPath, [path], {
    env: { ...process.env, TMPDIR: temporary },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let text = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
    })
  }
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
  expect({ code, end: code === 0 ? '' : text }).toEqual({ code: 0, end: '' })
  expect(readdirSync(temporary)).toEqual([])
  rmSync(temporary, { recursive: true })
  return text
}

it('the farm of one host goes the whole way and leaves nothing', { timeout: 240_000 }, async () => {
  const text = await perform('demo-farm')
  for (const line of [
    '\n0 errors, 0 warnings\n',
    '\nOK\n',
    '\nhello, world\n',
    'reproduced: state/repo/p/greeting/1.1-1/greeting_1.1-1_noarch.peipkg is the same file, byte for byte',
    '\ngood morning\n',
    'published: greeting 2.0-1, greeting 1.1-1, greeting 1.0-1\n',
  ]) {
    expect(text).toContain(line)
  }
})

it('the farm of several machines loses one of them, builds everything, and leaves nothing', {
  timeout: 240_000,
}, async () => {
  const text = await perform('demo-many')
  for (const line of [
    'attempt 1  first  -  infrastructure: the worker is lost',
    '\nattempt 2  third  ',
    'published: greeting_1.0-1_',
    '\nOK\n',
    '\nhello from a farm\n',
    '  published: greeting (',
  ]) {
    expect(text).toContain(line)
  }
})
