/** A mistake in the core itself: the process ends at once and says so, and the next command takes up what was under way. */
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startAt } from '../../programs.ts'
import { makePackage } from './packages.ts'
import { type Scratch, scratch } from './scratch.ts'

const project = fileURLToPath(new URL('../../..', import.meta.url))
/** `npm test` has it built: it makes mistakes when it is told to. */
const faulty = join(project, 'target/debug/libpeipkg_native.so')

let s: Scratch
beforeEach(() => {
  s = scratch()
  const into = join(s.directory, 'program')
  for (const name of ['bin', 'dist/peipkg', 'index.cjs', 'package.json']) {
    cpSync(join(project, name), join(into, name), { recursive: true })
  }
  const { glibcVersionRuntime } = (process.report.getReport() as { header: Record<string, unknown> }).header
  const libc = glibcVersionRuntime === undefined ? 'musl' : 'gnu'
  cpSync(faulty, join(into, `peipkg.linux-${process.arch}-${libc}.node`))
})
afterEach(() => s.remove())

test('a mistake in the middle of a change ends it as a kill would, with a line', async () => {
  await s.ok(['install', '-y', await makePackage(s.directory, { name: 'first' })])
  const before = s.tree()
  const args = ['install', '-y', '--root', s.root, await makePackage(s.directory, { name: 'second' })]
  const env = { PATH: process.env.PATH, LANG: 'C.UTF-8', PEIPKG_FAULT: 'panic:9' }
  const { code, signal, stderr } = await startAt(join(s.directory, 'program/bin/peipkg'), args, { env }).ended
  expect(stderr).toMatch(
    /^peipkg: internal error, please report it: a mistake at [a-z -]+ \\u\{1b\}\[31m \([^()\n]+\.rs:\d+:\d+\)$/m,
  )
  expect({ code, signal }).toEqual({ code: null, signal: 'SIGABRT' })
  await s.ok('recover')
  expect(s.tree()).toEqual(before)
  expect(await s.ok('verify')).toBe('all recorded files are intact\n')
})
