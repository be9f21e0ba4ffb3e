/** Build scripts that misbehave: whatever they do, nothing is left of them, and nothing wrong is packed. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { identity, writeRecipe } from '../../recipes.ts'
import { type Scratch, scratch } from './scratch.ts'

let s: Scratch

beforeEach(() => {
  s = scratch()
})

afterEach(() => s.remove())

const toml = '[[package]]\nname = "some"\narchitecture = "noarch"\nfiles = ["{usr,etc,opt}/**"]\n'

function args(script: string, ...options: string[]): readonly string[] {
  const recipe = writeRecipe(s.directory, toml, { 'usr/share/some/x': 'x' }, script)
  return ['build', '--out', s.out, ...recipe, ...identity('1-1'), ...options]
}

/** Processes whose working directory was below the scratch directory, also if that is gone by now. */
function processes(): readonly string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/environ`, 'latin1').includes(s.directory)
    } catch {
      return false
    }
  })
}

function nothingLeft(): void {
  expect(s.leftovers()).toEqual([])
  expect(processes()).toEqual([])
}

/** Starts a process that would write into the tree for ever, in a session of its own. */
const daemon = `setsid sh -c 'trap "" TERM HUP INT; while :; do date >> "$DESTDIR/usr/share/some/x"; sleep 0.01; done' > /dev/null 2>&1 &
setsid setsid sh -c '(trap "" TERM; exec sleep 1000) & (sleep 1000 &)' > /dev/null 2>&1
sleep 0.1`

it.each([
  ['ends', '', 0],
  ['fails', 'exit 3', 1],
])('a script that leaves daemons behind and %s takes them along', async (_, end, code) => {
  const ended = await s.run(args(`${daemon}\n${end}`))
  expect({ code: ended.code, stderr: code === 0 ? ended.stderr : '' }).toEqual({ code, stderr: '' })
  nothingLeft()
})

it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s ends also what ignores it', async (signal) => {
  const script = `trap "" TERM INT HUP\n${daemon}\necho up; while :; do sleep 1; done`
  const { child, ended } = s.start(args(script))
  await new Promise((resolve) => child.stdout?.once('data', resolve))
  child.kill(signal)
  const { code, stderr } = await ended
  expect({ code, stderr }).toEqual({
    code: { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 }[signal],
    stderr: 'peipkg-build: the build was cancelled; nothing was written\n',
  })
  expect(existsSync(s.out)).toBe(false)
  nothingLeft()
})

it('a script that hangs, prints without end and ignores everything is killed in time', async () => {
  const { child, ended } = s.start(args(`trap "" TERM\n${daemon}\nyes`, '--timeout', '1'))
  child.stdout?.removeAllListeners('data').resume()
  const { code, stderr } = await ended
  expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining('ran longer than 1 s') })
  nothingLeft()
})

it('what is written beside $DESTDIR is not packed, and goes', async () => {
  const { code } = await s.run(
    args('echo x > "$DESTDIR/../beside"; echo y > here; echo z > "$DESTDIR/../../mine"'),
  )
  expect(code).toBe(0)
  const files = await s.ok(['inspect', '--files', join(s.out, 'some_1-1_noarch.peipkg')])
  expect(files.match(/\S+$/gm)).toEqual(['usr/', 'usr/share/', 'usr/share/some/', 'usr/share/some/x'])
  // Outside of its directories a script is on its own: that is what a sandbox is for.
  expect(s.leftovers()).toEqual(['mine'])
})

/** Listens, and dies without taking the socket away. */
const socket = `"${process.execPath}" -e 'require("net").createServer().listen(process.argv[1], () => process.kill(process.pid, "SIGKILL"))'`

it.each([
  ['an absolute link', 'ln -s /etc/passwd "$DESTDIR/etc/link"', 'a target must be relative'],
  ['a link that leads out', 'ln -s ../../x "$DESTDIR/etc/link"', 'the target must not lead out of the root'],
  ['a directory that is a link', 'ln -s / "$DESTDIR/opt"', 'a destination itself may only be a directory'],

  ['a pipe', 'mkfifo "$DESTDIR/etc/pipe"', 'special file: etc/pipe'],
  ['a socket', `${socket} "$DESTDIR/etc/socket"`, 'special file: etc/socket'],
  ['a name that is no UTF-8', 'printf x > "$DESTDIR/etc/$(printf \'\\377\')"', 'names must be valid UTF-8'],
  ['a newline in a name', 'printf x > "$DESTDIR/etc/a\nb"', 'a\\u{a}b'],
])('%s is refused', async (_, script, text) => {
  const ended = await s.run(args(`mkdir "$DESTDIR/etc"\n${script} || :`))
  expect(ended).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining(text) })
  // Nothing that was said moves the cursor.
  expect(ended.stderr).not.toMatch(/[^\n\x20-\x7e]/)
  expect(existsSync(s.out)).toBe(false)
  nothingLeft()
})

/** Counts in the first bytes of a file, as quickly as it can. */
const counting = `const fs = require('fs')
const file = fs.openSync(process.argv[1], 'r+')
const bytes = Buffer.alloc(8)
for (let count = 1n; ; count++) {
  bytes.writeBigUInt64LE(count)
  fs.writeSync(file, bytes, 0, 8, 0)
  if (count === 1n) fs.writeSync(1, 'up')
}`

it('a file that somebody goes on writing to is not packed half and half', async () => {
  // Long enough to be read for that a writer gets its turn.
  const script = `big="$DESTDIR/usr/share/some/big"; truncate -s 256M "$big"; echo "$big"
while ! [ -e "${s.path('go')}" ]; do sleep 0.02; done`
  const { child, ended } = s.start(args(script))
  const big = await new Promise<string>((resolve) => child.stdout?.once('data', resolve))
  const writer = spawn(process.execPath, ['-e', counting, big.trim()], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    await once(writer.stdout, 'data')
    writeFileSync(s.path('go'), '')
    expect(await ended).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('"usr/share/some/big" changed while it was packed'),
    })
  } finally {
    writer.kill('SIGKILL')
    await once(writer, 'exit')
  }
  expect(existsSync(s.out)).toBe(false)
  expect(s.leftovers()).toEqual([])
})

it('setuid bits are lost, which is said', async () => {
  const ended = await s.run(args('chmod 4755 "$DESTDIR/usr/share/some/x"'))
  expect(ended).toMatchObject({
    code: 0,
    stderr:
      'peipkg-build: warning: [[package]] "some": "usr/share/some/x": its setuid or setgid bit is lost: packages have no modes\n',
  })
})

it('directories that nobody may enter are removed all the same', async () => {
  const ended = await s.run(
    args('mkdir -p a/b/c && chmod 0 a/b/c a/b a; chmod 500 "$DESTDIR/usr" "$DESTDIR/.."; exit 1'),
  )
  expect(ended.code).toBe(1)
  nothingLeft()
})

it('a full disk is an error, and is empty afterwards', async () => {
  // A limit of file sizes is what a test can have everywhere.
  const ended = await s.run(
    args('ulimit -f 8; trap "" XFSZ; dd if=/dev/zero of="$DESTDIR/usr/share/some/big" bs=1024 count=100'),
  )
  expect(ended.code).toBe(1)
  expect(ended.stderr).toContain('failed: exit status 1')
  nothingLeft()
})
