// A distribution of tens of thousands of small packages: the shapes of the dependency graph of a real one, without its bytes.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { addon, fileNameOf, manifestOf } from './programs.mjs'
import { createRandom } from './random.mjs'

const LANES = 4
/** Of one package. */
const MOST_FILES = 50_000
/** Packages that others than their family need, and members of a family. */
const CORE = 400
const FAMILY = 25
const WORDS = [
  'library',
  'tools',
  'fonts',
  'server',
  'client',
  'bindings',
  'data',
  'headers',
  'plugins',
  'theme',
]
const TOPICS = [
  'image',
  'sound',
  'network',
  'mail',
  'text',
  'math',
  'game',
  'kernel',
  'web',
  'crypto',
  'print',
  'map',
]

/**
 * Packages as `{ name, description, dependencies: [{ name, constraint? }], provides, conflicts, optional }`, each depending on
 * earlier ones only. A few are needed by nearly all (the C library), most by nobody; each belongs to a family whose
 * members need each other; a hundred virtual names have several providers. The package `closure-<n>` needs `n` packages,
 * itself included, through others.
 */
function planUniverse({ seed, packages, closures }) {
  const random = createRandom(seed, 'universe')
  const names = Array.from({ length: packages }, (_, index) => nameOf(index, random))
  const popular = [names[0]]
  const plan = names.map((name, index) => {
    const dependencies = dependenciesOf(index, names, popular, random)
    // Libraries of the core become the more popular the more they are used; nothing else becomes one.
    if (index < CORE) popular.push(name, ...dependencies.map(({ name: needed }) => needed))
    return { name, ...describe(random), dependencies, ...relations(index, names, random) }
  })
  return [...plan, ...closures.map((size) => closureOf(size, plan, random))]
}

const nameOf = (index, random) =>
  index === 0 ? 'libc' : `${random.pick(TOPICS)}-${index.toString(36)}-${random.pick(WORDS)}`

const describe = (random) => ({
  description: `${random.pick(WORDS)} for ${random.pick(TOPICS)} and ${random.pick(TOPICS)}, with ${random.pick(WORDS)}`,
})

/** Most need the C library, some of what many need already, and some of their own family. */
function dependenciesOf(index, names, popular, random) {
  if (index === 0) return []
  const found = new Map()
  const add = (name) => {
    if (!found.has(name)) found.set(name, random.below(3) === 0 ? { name, constraint: '>= 1.0-1' } : { name })
  }
  if (random.below(10) < 9) add(names[0])
  const count = Math.floor(random.logNormal(3.5, 0.8))
  const family = index - (index % FAMILY)
  for (let drawn = 0; drawn < count; drawn += 1) {
    const kind = random.below(100)
    if (kind < 55) add(random.pick(popular))
    else if (kind < 97 && index > family) add(names[family + random.below(index - family)])
    else if (kind >= 97) add(names[family - FAMILY * random.below(Math.floor(family / FAMILY) + 1)])
  }
  found.delete(names[index])
  return [...found.values()].sort(byNameOrder)
}

function relations(index, names, random) {
  const provides = random.below(60) === 0 ? [{ name: `virtual-${random.below(100)}`, version: '1.0-1' }] : []
  const conflicts =
    index > 0 && random.below(200) === 0 ? [{ name: names[random.below(index)], constraint: '< 0.5-1' }] : []
  const optional = index > 0 && random.below(6) === 0 ? [{ name: names[random.below(index)] }] : []
  return { provides, conflicts, optional }
}

/** Takes packages until they and what they need are `size`. */
function closureOf(size, plan, random) {
  const byName = new Map(plan.map((one) => [one.name, one]))
  const closure = new Set()
  const wanted = []
  const include = (name, into) => {
    if (closure.has(name) || into.has(name)) return
    into.add(name)
    for (const dependency of byName.get(name).dependencies) include(dependency.name, into)
  }
  for (let tries = 0; closure.size < size - 1 && tries < 100_000; tries += 1) {
    const added = new Set()
    const { name } = random.pick(plan)
    include(name, added)
    if (added.size === 0 || closure.size + added.size > size - 1) continue
    for (const one of added) closure.add(one)
    wanted.push({ name })
  }
  const dependencies = wanted.sort(byNameOrder)
  return {
    name: `closure-${size}`,
    description: 'A part of the distribution',
    dependencies,
    provides: [],
    conflicts: [],
    optional: [],
  }
}

/** Packs them all; each owns one link. */
export async function packUniverse(parameters, made, signKey) {
  const queue = planUniverse(parameters)
  const lane = async () => {
    const staged = mkdtempSync(join(made, 'staged-'))
    mkdirSync(join(staged, 'usr/share/doc'), { recursive: true })
    for (let one = queue.shift(); one !== undefined; one = queue.shift()) {
      const document = join(staged, 'usr/share/doc', one.name)
      symlinkSync('nowhere', document)
      await addon.pack({
        manifest: manifest(one),
        staged,
        out: join(made, fileNameOf(one.name, '1.0-1')),
        signKey,
        threads: 1,
      })
      rmSync(document)
    }
    rmSync(staged, { recursive: true })
  }
  await Promise.all(Array.from({ length: LANES }, lane))
}

function manifest({ name, description, dependencies, provides, conflicts, optional }) {
  const relations = { dependencies, provides, conflicts, optional_dependencies: optional }
  return JSON.stringify({ ...manifestOf(name, '1.0-1', {}), description, ...relations })
}

/** Packages of so many small files together, and a small one in two versions. */
export async function packOwned({ files }, made, signKey) {
  const pack = async (name, version, fill) => {
    const staged = mkdtempSync(join(made, 'staged-'))
    fill(staged)
    const manifest = JSON.stringify(manifestOf(name, version, {}))
    await addon.pack({ manifest, staged, out: join(made, fileNameOf(name, version)), signKey })
    rmSync(staged, { recursive: true })
  }
  for (let first = 0; first < files; first += MOST_FILES) {
    const name = `many-${first / MOST_FILES}`
    await pack(name, '1.0-1', (staged) => writeMany(join(staged, 'usr/share', name), MOST_FILES))
  }
  for (const version of ['1.0-1', '2.0-1']) {
    await pack('small', version, (staged) => {
      mkdirSync(join(staged, 'usr/bin'), { recursive: true })
      writeFileSync(join(staged, 'usr/bin/small'), `#!/bin/sh\necho ${version}\n`)
    })
  }
}

function writeMany(directory, files) {
  for (let number = 0; number < files; number += 1) {
    const folder = join(directory, String(Math.floor(number / 200)))
    if (number % 200 === 0) mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, `file-${number}`), `${number}`)
  }
}

const byNameOrder = (left, right) => (left.name < right.name ? -1 : 1)
