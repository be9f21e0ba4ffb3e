// Proves that what is published says nothing of where and when it was built: HEAD is cloned into two directories, whose names differ
// in everything, its tarballs are made in both, addon included, and have to be the same, byte for byte.
//   node tools/reproducible.mjs [--keep]         keeps both directories, and says where they are
import { execFileSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { root, run } from './run.mjs'

const cargoHome = process.env.CARGO_HOME ?? join(homedir(), '.cargo')

const scratch = mkdtempSync(join(realpathSync(tmpdir()), 'peipkg-reproducible-'))
try {
  const made = [
    make(join(scratch, 'one'), {}),
    make(join(scratch, 'another', 'and-a-longer-one'), {
      CARGO_HOME: linkedHome(join(scratch, 'home-of-cargo')),
      TZ: 'Asia/Tokyo',
      LC_ALL: 'C.UTF-8',
    }),
  ]
  const counts = compareAll(...made)
  console.log(`\n${counts.passed} passed, ${counts.failed} failed`)
  process.exitCode = counts.failed === 0 ? 0 : 1
} finally {
  if (process.argv.includes('--keep')) console.log(`kept: ${scratch}`)
  else rmSync(scratch, { recursive: true, force: true })
}

/** Clones, builds from nothing and packs; returns the directory of the tarballs, each of them unpacked beside itself. */
function make(place, environment) {
  const git = (...args) => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim()
  git('clone', '--quiet', '--no-checkout', root, place)
  git('-C', place, 'checkout', '--quiet', '--detach', git('rev-parse', 'HEAD'))
  symlinkSync(realpathSync(join(root, 'node_modules')), join(place, 'node_modules'))
  const env = { CARGO_TARGET_DIR: join(place, 'target'), ...environment }
  run(process.execPath, ['tools/build.mjs'], { cwd: place, env })
  run(process.execPath, ['tools/pack.mjs'], { cwd: place, env })
  const tarballs = join(place, 'target/npm')
  for (const name of readdirSync(tarballs).filter((name) => name.endsWith('.tgz'))) {
    const into = join(tarballs, name.replace(/\.tgz$/, ''))
    mkdirSync(into)
    run('tar', ['--extract', '--file', join(tarballs, name), '--directory', into])
  }
  for (const telling of [place, cargoHome, homedir()]) tellsNothing(tarballs, telling)
  return tarballs
}

/** Another path to the same crates: nothing is fetched again. */
function linkedHome(place) {
  mkdirSync(place)
  for (const name of readdirSync(cargoHome)) symlinkSync(join(cargoHome, name), join(place, name))
  return place
}

/** The addon is what a compiler writes paths into. */
function tellsNothing(directory, path) {
  for (const file of filesBelow(directory).filter((name) => name.endsWith('.node'))) {
    if (readFileSync(join(directory, file)).includes(path))
      throw new Error(`${file} contains the path ${path}`)
  }
}

/** Counts equal files, in the tarballs and the tarballs themselves, and says what differs. */
function compareAll(first, second) {
  const names = [...new Set([...filesBelow(first), ...filesBelow(second)])].sort()
  const counts = { passed: 0, failed: 0 }
  for (const name of names) {
    const places = [first, second].map((directory) => join(directory, name))
    const problem = differenceOf(...places)
    counts[problem === undefined ? 'passed' : 'failed'] += 1
    if (problem === undefined) continue
    console.log(`FAIL ${name}: ${problem}`)
    if (name.endsWith('.node')) sayWhere(...places)
  }
  return counts
}

function differenceOf(...places) {
  if (!places.every(existsSync)) return 'was made in one of them only'
  const [one, other] = places.map((place) => readFileSync(place))
  if (one.equals(other)) return undefined
  const at = one.findIndex((byte, index) => byte !== other[index])
  return `${one.length} and ${other.length} bytes, which differ from byte ${at < 0 ? one.length : at} on`
}

/** How many bytes of each part of the addon differ. */
function sayWhere(...addons) {
  const [one, other] = addons.map(sectionsOf)
  for (const [name, bytes] of one) {
    const same = other.get(name)
    if (same?.equals(bytes)) continue
    const differing = bytes.filter((byte, at) => byte !== same?.[at]).length
    console.log(`  ${name}: ${bytes.length} and ${same?.length ?? 0} bytes, of which ${differing} differ`)
  }
}

function sectionsOf(path) {
  const text = execFileSync('readelf', ['--wide', '--sections', path], { encoding: 'utf8' })
  const bytes = readFileSync(path)
  const rows = text.matchAll(/^ +\[ *\d+\] (\S+) +(?!NOBITS)\S+ +[0-9a-f]+ ([0-9a-f]+) ([0-9a-f]+) /gm)
  return new Map(
    [...rows].map(([, name, offset, size]) => {
      const from = Number.parseInt(offset, 16)
      return [name, bytes.subarray(from, from + Number.parseInt(size, 16))]
    }),
  )
}

function filesBelow(directory) {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
}
