/**
 * Every hostile package of the core's tests through the built command line: refused by name and code, within time and
 * memory, with nothing left below the root (issue families: container, headers, layout, payload, documents, envelope).
 * `npm test` has the packages written to target/hostile.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { type Ended, start } from '../../programs.ts'

const cases = fileURLToPath(new URL('../../../target/hostile/', import.meta.url))
const root = mkdtempSync(join(tmpdir(), 'peipkg-hostile-'))
afterAll(() => rmSync(root, { recursive: true }))

const MiB = 1024 * 1024

interface Case {
  readonly file: string
  readonly family: string
  readonly name: string
  readonly code: string
  readonly names: string
}

const table: readonly Case[] = readFileSync(join(cases, 'cases.tsv'), 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => {
    const [file = '', family = '', name = '', code = '', names = ''] = line.split('\t')
    return { file, family, name, code, names: unescapeDefault(names) }
  })

/** Rust's `escape_default`, undone. */
function unescapeDefault(text: string): string {
  return text.replace(/\\(u\{([0-9a-f]+)\}|.)/g, (_, letter: string, hex: string | undefined) => {
    if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16))
    return { n: '\n', t: '\t', r: '\r' }[letter] ?? letter
  })
}

/** Runs a program to its end and watches how much memory it came to use. */
async function watched(
  program: 'peipkg' | 'peipkg-build',
  args: readonly string[],
): Promise<Ended & { readonly peak: number }> {
  const { child, ended } = start(program, args)
  let peak = 0
  const watch = setInterval(() => {
    peak = Math.max(peak, residentPeak(child.pid))
  }, 5)
  const result = await ended
  clearInterval(watch)
  return { ...result, peak }
}

function residentPeak(pid: number | undefined): number {
  try {
    const line = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
    return Number(line?.[1] ?? 0) * 1024
  } catch {
    return 0
  }
}

function errorOf(stdout: string): { readonly code: string; readonly message: string } {
  return JSON.parse(stdout).error
}

/** Whether only a key could tell: a local file is installed without asking whose signature it is. */
const needsKey = ({ code }: Case) => code.startsWith('PEI_SIGNATURE_KEY') || code === 'PEI_SIGNATURE_INVALID'

describe.each([...new Set(table.map(({ family }) => family))])('%s', (family) => {
  const refused = table.filter((one) => one.family === family && one.code !== 'OK')

  test.concurrent.each(refused.filter((one) => !needsKey(one)))('install refuses: $name', async (one) => {
    const ended = await watched('peipkg', [
      '--root',
      root,
      'install',
      '--yes',
      '--json',
      join(cases, one.file),
    ])
    expect(ended.code).toBe(1)
    const { code, message } = errorOf(ended.stdout)
    expect(code).toBe(one.code)
    expect(message).toContain(one.names)
    expect(message).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/)
    expect(ended.peak).toBeLessThan(320 * MiB)
    expect(readdirSync(root)).toEqual([])
  })

  test.concurrent.each(refused)('inspect refuses: $name', async (one) => {
    // With a key a signature is required, which is what an unsigned package would be told first.
    const key = needsKey(one) ? ['--key', join(cases, 'trusted.pub')] : []
    const ended = await watched('peipkg-build', ['inspect', '--verify', ...key, join(cases, one.file)])
    expect(ended.code).toBe(1)
    expect(ended.stderr).toContain(one.names)
    expect(ended.peak).toBeLessThan(320 * MiB)
  })
})

test('what only looks hostile is accepted', async () => {
  const accepted = table.filter(({ code }) => code === 'OK')
  expect(accepted.length).toBeGreaterThan(5)
  for (const { file, name } of accepted) {
    const ended = await watched('peipkg-build', ['inspect', '--verify', join(cases, file)])
    expect(ended, name).toMatchObject({ code: 0 })
  }
})
