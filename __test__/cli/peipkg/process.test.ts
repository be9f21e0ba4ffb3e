import { spawn } from 'node:child_process'
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { serve } from '../../repository/servers.ts'
import { fingerprint, makePackage, makeRepository } from './packages.ts'
import { type Scratch, scratch } from './scratch.ts'

let s: Scratch
let path: string
beforeEach(async () => {
  s = scratch()
  path = await makePackage(s.directory, { name: 'lib' })
})
afterEach(() => s.remove())

const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 10))
}

/** Holds the transaction lock as another process would; ends when told. */
async function holdLock(): Promise<() => void> {
  const lock = join(s.root, 'var/lib/peipkg/lock')
  const holder = spawn('flock', [lock, '-c', 'echo held; read line'], { stdio: ['pipe', 'pipe', 'inherit'] })
  await new Promise((resolve) => holder.stdout.once('data', resolve))
  return () => {
    holder.stdin.end('\n')
  }
}

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const)('%s at the prompt ends with %i and changes nothing', async (signal, code) => {
  const { child, ended } = s.start(['install', path])
  let shown = ''
  child.stderr?.on('data', (text) => {
    shown += text
  })
  await until(() => shown.includes('proceed?'))
  child.kill(signal)
  expect(await ended).toMatchObject({ code, signal: null })
  expect(s.tree()).toEqual([])
})

test('a signal during a download ends it', async () => {
  const repository = join(s.directory, 'repository')
  await makeRepository(repository, { packages: [path] })
  await s.ok(`repo add test file://${repository} --anchor ${fingerprint}`)
  const server = await serve((_, response) => void response.write('x'))
  try {
    await s.ok('repo remove test')
    await makeRepository(repository, {
      packages: [path],
      edit: (index) => {
        for (const entry of index.packages) entry.url = `${server.url}/lib.peipkg`
      },
    })
    await s.ok(`repo add test file://${repository} --anchor ${fingerprint} --insecure`)
    const { child, ended } = s.start('install lib -y')
    await until(() => server.requests.length > 0)
    child.kill('SIGINT')
    expect(await ended).toMatchObject({ code: 130 })
    expect(await s.ok('history')).toBe('no transactions recorded\n')
  } finally {
    await server.close()
  }
})

test('a closed stdout never stops a commit', async () => {
  const { child, ended } = s.start(['install', '-y', path])
  child.stdout?.destroy()
  child.stderr?.destroy()
  expect((await ended).code).toBe(0)
  expect(await s.ok('list')).toBe('lib  1-1  noarch\n')
})

test('one writer: refused with the holder, or waited for', async () => {
  await s.ok(['install', '-y', path])
  const release = await holdLock()
  const refused = await s.peipkg('remove lib -y')
  expect(refused.code).toBe(1)
  expect(refused.stderr).toMatch(
    /^peipkg: another transaction is in progress: .+ \(--wait waits until it ends\)\n$/,
  )
  const inVain = await s.peipkg('remove lib -y --wait=1')
  expect(inVain.code).toBe(1)
  expect(inVain.stderr).not.toContain('--wait')
  const { ended } = s.start('remove lib -y --wait')
  // Queries are not held up.
  expect(await s.ok('list')).toBe('lib  1-1  noarch\n')
  release()
  expect((await ended).stdout).toContain('done — 1 operation applied')
})

test('the program may be replaced while it waits for the lock', async () => {
  await s.ok(['install', '-y', path])
  const copy = join(s.directory, 'program')
  mkdirSync(copy)
  const source = fileURLToPath(new URL('../../../', import.meta.url))
  for (const part of ['bin', 'dist', 'index.cjs', 'package.json']) {
    cpSync(join(source, part), join(copy, part), { recursive: true })
  }
  const addon = `peipkg.linux-${process.arch}-gnu.node`
  cpSync(join(source, addon), join(copy, addon))
  const page = await makePackage(s.directory, {
    name: 'pages',
    files: { 'usr/share/man/man1/x.1': '.TH X 1\n' },
    fields: { side_effects: ['man-db'] },
  })
  const release = await holdLock()
  const child = spawn(
    process.execPath,
    [join(copy, 'bin/peipkg'), 'install', '-y', '--wait', '--progress=json', page, '--root', s.root],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  )
  const text = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].on('data', (chunk) => {
      text[name] += chunk
    })
  }
  await until(() => text.stderr.includes('"wait"'))
  rmSync(copy, { recursive: true })
  release()
  const code = await new Promise((resolve) => child.on('close', resolve))
  expect({ code, ...text }).toMatchObject({ code: 0 })
  expect(text.stdout).toContain('side effect man-db was skipped')
  expect(text.stdout).toContain('done — 1 operation applied')
})

test('a question takes its line of a shared stdin and no more', async () => {
  const peipkg = fileURLToPath(new URL('../../../bin/peipkg', import.meta.url))
  const script = `"$0" "$1" install "$2" --root "$3"; cat`
  const shell = (input: string) => {
    const child = spawn('sh', ['-c', input, process.execPath, peipkg, path, s.root])
    let shown = ''
    child.stdout.on('data', (text) => {
      shown += text
    })
    const ended = new Promise<string>((resolve) => child.on('close', () => resolve(shown)))
    return { child, ended }
  }
  const piped = shell(script)
  piped.child.stdin.end('Yes\nthe rest\n')
  expect(await piped.ended).toMatch(/cancelled\nthe rest\n$/)
  writeFileSync(join(s.directory, 'answers'), 'y\nthe rest\n')
  const fromFile = shell(`exec < "${join(s.directory, 'answers')}"; ${script}`)
  expect(await fromFile.ended).toMatch(/applied\nthe rest\n$/)
})

test('a full disk below stdout fails a query, never a change', async () => {
  const shell = async (words: string) => {
    const peipkg = fileURLToPath(new URL('../../../bin/peipkg', import.meta.url))
    const script = `"$0" "$1" ${words} --root "$3" > /dev/full`
    const child = spawn('sh', ['-c', script, process.execPath, peipkg, path, s.root])
    let stderr = ''
    child.stderr.on('data', (text) => {
      stderr += text
    })
    return { code: await new Promise((resolve) => child.on('close', resolve)), stderr }
  }
  const full = { code: 1, stderr: 'peipkg: cannot write to stdout: no space left on device\n' }
  expect(await shell('install -y "$2"')).toMatchObject({ code: 0 })
  expect(await shell('list')).toEqual(full)
  expect(await shell('list --help')).toEqual(full)
  expect(await shell('--version')).toEqual(full)
})
