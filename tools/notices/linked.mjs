// What the addon contains besides our own sources: the crates that are linked into it for any platform, and the C in them.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { licenceTexts, mit, noticesText } from '../notices.mjs'
import { root } from '../run.mjs'

/** Those that bring no text. */
const HOLDERS = { napi: '2020 LongYinan', 'napi-sys': '2020 LongYinan' }

/** For the platforms in `targets` together. The crates have to be where cargo keeps them, as after a build. */
export function linkedNotices(targets) {
  const directories = directoriesOf(targets)
  const components = linked(targets).flatMap(([name, licence]) => {
    const directory = directories.get(name)
    const texts = licenceTexts(directory, licence, HOLDERS[name.replace(/ .*/, '')])
    return [{ name, licence, texts }, ...within(name, directory)]
  })
  return noticesText('The addon of peipkg contains, besides its own code:', [
    ...components,
    standardLibrary(),
  ])
}

/** Name with version, and licence, in order of names. */
function linked(targets) {
  const args = ['tree', '--package', 'peipkg-native', '--edges', 'normal,no-proc-macro', '--prefix', 'none']
  const text = cargo(...args, '--format', '{p}\t{l}', ...named('--target', targets))
  // Our own have a path after the version; what was listed before is followed by (*).
  const lines = text.matchAll(/^(\S+) v(\S+)\t(.+?)( \(\*\))?$/gm)
  return [...new Map([...lines].map(([, name, version, licence]) => [`${name} ${version}`, licence]))].sort()
}

function directoriesOf(targets) {
  const args = ['metadata', '--format-version', '1', ...named('--filter-platform', targets)]
  const { packages } = JSON.parse(cargo(...args))
  return new Map(
    packages.map(({ name, version, manifest_path: path }) => [`${name} ${version}`, dirname(path)]),
  )
}

const named = (option, values) => values.flatMap((value) => [option, value])

function cargo(...args) {
  const [command, ...rest] = args
  return execFileSync('cargo', [command, '--locked', ...rest], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
}

/** The libraries in C that two crates bring along. */
function within(name, directory) {
  if (name.startsWith('zstd-sys ')) {
    const version = name.replace(/.*zstd\./, '')
    const text = readFileSync(join(directory, 'zstd/LICENSE'), 'utf8').trim()
    return [{ name: `zstd ${version}, in zstd-sys`, licence: 'BSD-3-Clause', texts: [text] }]
  }
  if (name.startsWith('libsqlite3-sys ')) {
    const header = readFileSync(join(directory, 'sqlite3/sqlite3.h'), 'utf8')
    const [, version] = /#define SQLITE_VERSION +"(.+)"/.exec(header)
    return [{ name: `SQLite ${version}, in libsqlite3-sys`, licence: 'in the public domain', texts: [] }]
  }
  return []
}

function standardLibrary() {
  const texts = [mit('Copyright (c) The Rust Project Contributors')]
  return { name: 'the standard library of Rust', licence: 'MIT OR Apache-2.0', texts }
}
