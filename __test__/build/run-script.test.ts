import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { scriptEnvironment } from '../../ts/build/environment.ts'
import { runScript } from '../../ts/build/run-script.ts'

let directory: string

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'peipkg-script-'))
})

afterEach(() => rmSync(directory, { recursive: true }))

function run(script: string, options: { timeoutSeconds?: number; signal?: AbortSignal } = {}): Promise<void> {
  const path = join(directory, 'build.sh')
  writeFileSync(path, script)
  return runScript({
    script: path,
    directory,
    environment: scriptEnvironment(
      { source: '/source', destdir: directory },
      '2026-05-01T12:00:00Z',
      process.env.PATH,
      { MODE: 'x y' },
    ),
    timeoutSeconds: options.timeoutSeconds,
    signal: options.signal ?? new AbortController().signal,
  })
}

/** Waits until the script says that it has come so far. */
async function appears(path: string): Promise<void> {
  while (!existsSync(path)) await new Promise((resolve) => setTimeout(resolve, 10))
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch {
    return false
  }
  // A zombie that nobody has waited for yet is not alive.
  return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
}

async function ends(pid: number): Promise<void> {
  while (alive(pid)) await new Promise((resolve) => setTimeout(resolve, 10))
}

it('gives the script exactly its environment, an empty stdin and umask 022', async () => {
  const before = process.umask(0o077)
  try {
    await run(
      'env > "$DESTDIR/env"; umask > "$DESTDIR/umask"; cat > "$DESTDIR/stdin"; pwd > "$DESTDIR/pwd"; : > made',
    )
  } finally {
    expect(process.umask(before)).toBe(0o077)
  }
  const variables = readFileSync(join(directory, 'env'), 'utf8').trim().split('\n').sort()
  // Set by shells themselves.
  const own = variables.filter((line) => !/^(PWD|OLDPWD|SHLVL|_)=/.test(line))
  expect(own).toEqual([
    `DESTDIR=${directory}`,
    'LC_ALL=C',
    'MODE=x y',
    `PATH=${process.env.PATH}`,
    'SOURCE_DATE_EPOCH=1777636800',
    'SOURCE_DIR=/source',
    'TZ=UTC',
  ])
  expect(readFileSync(join(directory, 'umask'), 'utf8')).toBe('0022\n')
  expect(readFileSync(join(directory, 'stdin'), 'utf8')).toBe('')
  expect(readFileSync(join(directory, 'pwd'), 'utf8')).toBe(`${directory}\n`)
  expect(statSync(join(directory, 'made')).mode & 0o777).toBe(0o644)
})

it('fails with the status or the signal of the script', async () => {
  await expect(run('exit 3')).rejects.toMatchObject({
    code: 'PEI_BUILD_SCRIPT',
    message: /build\.sh failed: exit status 3$/,
  })
  await expect(run('kill -SEGV $$')).rejects.toThrow('killed by SIGSEGV')
})

it('kills what the script leaves running', async () => {
  await run('sleep 1000 & echo $! > pid; exit 0')
  await ends(Number(readFileSync(join(directory, 'pid'), 'utf8')))
})

it('kills the whole group when the time is over', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  try {
    const outcome = run('sleep 1000 & echo $! > pid.tmp; mv pid.tmp pid; wait', { timeoutSeconds: 3600 })
    const rejection = expect(outcome).rejects.toMatchObject({ code: 'PEI_BUILD_TIMEOUT' })
    while (!existsSync(join(directory, 'pid'))) await new Promise(setImmediate)
    vi.advanceTimersByTime(3_600_000)
    await rejection
  } finally {
    vi.useRealTimers()
  }
  await ends(Number(readFileSync(join(directory, 'pid'), 'utf8')))
})

it('kills the whole group when cancelled, deaf to SIGTERM or not', async () => {
  const controller = new AbortController()
  const script =
    'trap "" TERM; (trap "" TERM; while :; do sleep 0.1; done) & echo $! > pid; echo > ready; while :; do sleep 0.1; done'
  const outcome = run(script, { signal: controller.signal })
  const rejection = expect(outcome).rejects.toMatchObject({ code: 'PEI_CANCELLED' })
  await appears(join(directory, 'ready'))
  controller.abort()
  await rejection
  await ends(Number(readFileSync(join(directory, 'pid'), 'utf8')))
})

it('does not start when cancelled before', async () => {
  await expect(run(': > started', { signal: AbortSignal.abort() })).rejects.toMatchObject({
    code: 'PEI_CANCELLED',
  })
  expect(existsSync(join(directory, 'started'))).toBe(false)
})
