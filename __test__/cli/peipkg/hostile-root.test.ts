/** What lies on the disk may be anything: the built program refuses by name, follows nothing, and leaves no trace. */
import { execFileSync } from 'node:child_process'
import {
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { makePackage } from './packages.ts'
import { type Scratch, scratch } from './scratch.ts'

let s: Scratch
let file: string
let outside: string
beforeEach(async () => {
  s = scratch()
  outside = join(s.directory, 'outside')
  mkdirSync(outside)
  const files = { 'usr/share/app/data': 'app\n', 'etc/app.conf': 'default\n', 'usr/bin/app': '#!/bin/sh\n' }
  file = await makePackage(s.directory, { name: 'app', files })
})
afterEach(() => s.remove())

interface Case {
  readonly what: string
  readonly prepare: () => void
  /** Stands in the error line. */
  readonly says: string
}

const at = (path: string): string => {
  const absolute = join(s.root, path)
  mkdirSync(dirname(absolute), { recursive: true })
  return absolute
}
const link = (path: string, target = outside) => symlinkSync(target, at(path))
const fifo = (path: string) => execFileSync('mkfifo', [at(path)])
const fill = (path: string) => writeFileSync(at(path), 'in the way\n')
const directory = (path: string) => mkdirSync(at(path), { recursive: true })

const cases: readonly Case[] = [
  { what: 'an ancestor is a symlink out of the root', prepare: () => link('usr'), says: '/usr is a symlink' },
  { what: 'an inner ancestor is one', prepare: () => link('usr/share'), says: '/usr/share is a symlink' },
  {
    what: 'an ancestor is a symlink within the root',
    prepare: () => {
      directory('real')
      link('usr/bin', '../real')
    },
    says: '/usr/bin is a symlink',
  },
  {
    what: 'an ancestor is a dangling symlink',
    prepare: () => link('etc', 'nowhere'),
    says: '/etc is a symlink',
  },
  {
    what: 'an ancestor is a symlink to itself',
    prepare: () => link('etc', 'etc'),
    says: '/etc is a symlink',
  },
  { what: 'an ancestor is a file', prepare: () => fill('usr/share'), says: '/usr/share is not a directory' },
  { what: 'an ancestor is a FIFO', prepare: () => fifo('usr/share'), says: '/usr/share is not a directory' },
  {
    what: 'a directory lies at a file',
    prepare: () => directory('usr/bin/app/x'),
    says: '/usr/bin/app is a directory',
  },
  {
    what: 'a FIFO lies at a file',
    prepare: () => fifo('usr/bin/app'),
    says: '/usr/bin/app is a device, FIFO or socket',
  },
  { what: 'another file lies at a file', prepare: () => fill('usr/bin/app'), says: '/usr/bin/app' },
  {
    what: 'a symlink lies at a file',
    prepare: () => link('etc/app.conf', '/etc/passwd'),
    says: '/etc/app.conf',
  },
  {
    what: 'the same bytes under a second name',
    prepare: () => {
      writeFileSync(at('usr/share/app/data'), 'app\n')
      linkSync(at('usr/share/app/data'), join(outside, 'second'))
    },
    says: '/usr/share/app/data',
  },
  { what: 'the state directory is a symlink', prepare: () => link('var/lib/peipkg'), says: 'var/lib/peipkg' },
  { what: 'the way to it is one', prepare: () => link('var/lib'), says: 'var/lib' },
  { what: 'the state directory is a file', prepare: () => fill('var/lib/peipkg'), says: 'var/lib/peipkg' },
  {
    what: 'the database is a symlink',
    prepare: () => link('var/lib/peipkg/db.sqlite', join(outside, 'db')),
    says: 'db.sqlite',
  },
  {
    what: 'the database is a directory',
    prepare: () => directory('var/lib/peipkg/db.sqlite'),
    says: 'db.sqlite',
  },
  { what: 'the database is a FIFO', prepare: () => fifo('var/lib/peipkg/db.sqlite'), says: 'db.sqlite' },
  { what: 'the database is no database', prepare: () => fill('var/lib/peipkg/db.sqlite'), says: 'database' },
  {
    what: 'the lock is a symlink',
    prepare: () => link('var/lib/peipkg/lock', join(outside, 'lock')),
    says: 'lock',
  },
  { what: 'the lock is a FIFO', prepare: () => fifo('var/lib/peipkg/lock'), says: 'lock' },
  { what: 'the configuration is behind a symlink', prepare: () => link('conf/peipkg'), says: 'conf/peipkg' },
  { what: 'a setting is a FIFO', prepare: () => fifo('conf/peipkg/peipkg.toml'), says: 'peipkg.toml' },
  {
    what: 'a setting is a symlink',
    prepare: () => link('conf/peipkg/peipkg.toml', '/etc/passwd'),
    says: 'peipkg.toml',
  },
]

describe('an install is refused where', () => {
  test.each(cases)('$what', async ({ prepare, says }) => {
    prepare()
    const before = picture()
    const { code, stderr } = await s.peipkg(['install', '-y', file])
    expect(stderr).toContain(says)
    expect(stderr.split('\n').filter((line) => line !== '')).toSatisfy((lines: string[]) =>
      lines.every((line) => line.startsWith('peipkg: ') || line.startsWith('  ')),
    )
    expect(code).toBe(1)
    expect(picture()).toEqual(before)
  })
})

test('names that staged files would have may be taken', async () => {
  for (const counter of ['1', '2', '1-1']) fill(`usr/bin/app.peipkg-staged-${counter}`)
  link('usr/share/app.peipkg-staged-1')
  await s.ok(['install', '-y', file])
  expect(s.read('usr/bin/app')).toBe('#!/bin/sh\n')
  expect(s.read('usr/bin/app.peipkg-staged-1')).toBe('in the way\n')
  expect(readdirSync(outside)).toEqual([])
  expect(s.tree().filter((path) => path.includes('peipkg-')).length).toBe(4)
})

/** Everything below the scratch directory that is no state of peipkg's own: type, mode and content. */
function picture(): readonly string[] {
  const found: string[] = []
  const walk = (path: string) => {
    for (const name of readdirSync(path).sort()) {
      const inner = join(path, name)
      const stat = lstatSync(inner)
      const isState = ['var/lib/peipkg', 'var/log'].some((one) => inner === join(s.root, one))
      if (isState && stat.isDirectory()) continue
      const isParent =
        ['var', 'var/lib', 'conf'].some((one) => inner === join(s.root, one)) && stat.isDirectory()
      if (!isParent) found.push(`${inner} ${stat.mode.toString(8)} ${content(inner)}`)
      if (stat.isDirectory()) walk(inner)
    }
  }
  walk(s.directory)
  return found
}

function content(path: string): string {
  const stat = lstatSync(path)
  if (stat.isSymbolicLink()) return readlinkSync(path)
  return stat.isFile() ? readFileSync(path, 'latin1') : ''
}
