import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startAt } from '../../programs.ts'
import { makePackage } from './packages.ts'
import { type Scratch, scratch } from './scratch.ts'

const program = 'usr/share/peipkg-program'
const project = fileURLToPath(new URL('../../..', import.meta.url))

let s: Scratch
beforeEach(() => {
  s = scratch()
  mkdirSync(join(s.root, program), { recursive: true })
  for (const name of [
    'bin',
    'dist',
    'index.cjs',
    ...readdirSync(project).filter((one) => one.endsWith('.node')),
  ]) {
    cpSync(join(project, name), join(s.root, program, name), { recursive: true })
  }
  cpSync(join(project, 'package.json'), join(s.root, program, 'package.json'))
})
afterEach(() => s.remove())

function programFiles(directory = join(s.root, program)): readonly string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name)
    return entry.isDirectory() ? programFiles(path) : [relative(s.root, path)]
  })
}

/** A package that puts rubbish in the place of every file of the program. */
const rubbish = (version: string, files = programFiles()) =>
  makePackage(s.directory, {
    name: 'peipkg-program',
    version,
    files: Object.fromEntries(files.map((path) => [path, `rubbish ${version}\n`])),
    fields: { side_effects: ['man-db'] },
  })

const own = (args: readonly string[]) =>
  startAt(join(s.root, program, 'bin/peipkg'), [...args, '--root', s.root], { cwd: s.directory }).ended

test('a program that replaces all of itself finishes its report, its side effects and its tidying', async () => {
  const { code, stdout, stderr } = await own(['install', '-y', '--overwrite-unowned', await rubbish('1-1')])
  expect(stderr).toBe('')
  expect(stdout).toContain('side effect man-db was skipped')
  expect(stdout).toMatch(/done — 1 operation applied\n$/)
  expect(code).toBe(0)
  expect(readFileSync(join(s.root, program, 'bin/peipkg'), 'utf8')).toBe('rubbish 1-1\n')
  // Another copy undoes it, and the program is there again, as it was.
  expect(await s.ok('undo -y')).toContain('undoing transaction 1')
  expect(await own(['list'])).toMatchObject({ code: 0, stdout: 'no packages are installed\n' })
  expect(existsSync(join(s.root, 'var/lib/peipkg/lock'))).toBe(true)
})

test('a failure after everything was staged is still told in words', async () => {
  const files = [...programFiles(), 'usr/share/other/data']
  await s.ok(['install', '-y', await makePackage(s.directory, { name: 'other' })])
  const { code, stderr } = await own(['install', '-y', '--overwrite-unowned', await rubbish('1-1', files)])
  expect(code).toBe(1)
  expect(stderr).toContain('peipkg: /usr/share/other/data is in peipkg-program 1-1 and belongs to other')
})
