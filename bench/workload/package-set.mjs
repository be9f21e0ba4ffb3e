// The plan of the package set: names, dependencies, paths and sizes, without a byte of content.
import { createRandom } from './random.mjs'

/** Where files of a role go, how many there are of it, how large they are beside a text, what is in them. */
const ROLES = [
  { weight: 30, scale: 0.8, kind: 'text', path: (name, n) => `usr/share/${name}/${folder(n)}/part-${n}.js` },
  { weight: 12, scale: 0.7, kind: 'text', path: (name, n) => `usr/include/${name}/${name}-${n}.h` },
  { weight: 9, scale: 0.6, kind: 'text', path: (name, n) => `usr/share/doc/${name}/chapter-${n}.md` },
  {
    weight: 9,
    scale: 0.5,
    kind: 'packed',
    path: (name, n) => `usr/share/man/man${1 + (n % 8)}/${name}-${n}.gz`,
  },
  {
    weight: 12,
    scale: 0.9,
    kind: 'text',
    path: (name, n) => `usr/share/locale/${language(n)}/LC_MESSAGES/${name}-${n}.mo`,
  },
  {
    weight: 10,
    scale: 0.5,
    kind: 'packed',
    path: (name, n) => `usr/share/${name}/icon-${n}.png`,
  },
  { weight: 2, scale: 0.2, kind: 'text', path: (name, n) => `etc/${name}/${n}.conf` },
  { weight: 10, scale: 4, kind: 'binary', path: (name, n, library) => `${library}/${name}/plugin-${n}.so` },
  { weight: 3, scale: 6, kind: 'binary', path: (name, n, library) => `${library}/lib${name}-${n}.so.1` },
  { weight: 3, scale: 5, kind: 'binary', path: (name, n) => `usr/bin/${name}-${n}` },
]
const DRAWS = ROLES.flatMap((role) => Array(role.weight).fill(role))
const LARGEST = 8 * 1024 * 1024

const folder = (n) => `module-${Math.floor(n / 60)}`
const language = (n) => `x${String.fromCharCode(97 + (n % 26))}`

/**
 * Packages as `{ name, dependencies, files: [{ path, kind, size, changed }], links: [{ path, target }], sideEffects }`.
 * The last one depends, through others, on all. `changed` says that the second version of the set has another content there.
 */
export function planPackageSet({ seed, packages, files, bytes, changed }, architecture) {
  const random = createRandom(seed, 'set')
  const names = Array.from({ length: packages }, (_, index) => `bench-${String(index).padStart(4, '0')}`)
  const library = `usr/lib/${architecture}-linux-peios`
  const counts = shares(
    names.map(() => random.logNormal(20, 1)),
    files,
  )
  const set = names.map((name, index) => ({
    name,
    dependencies: dependencies(names, index, random),
    ...payload(name, counts[index], library, random),
  }))
  bindTogether(set)
  scaleSizes(set, bytes)
  for (const file of random.shuffle(set.flatMap((one) => one.files)).slice(0, changed)) file.changed = true
  return set
}

/** Whole numbers, at least one each, in proportion to `weights`, that sum up to `total`. */
function shares(weights, total) {
  const sum = weights.reduce((before, weight) => before + weight, 0)
  const counts = weights.map((weight) => Math.max(1, Math.floor((weight / sum) * total)))
  let missing = total - counts.reduce((before, count) => before + count, 0)
  for (let index = 0; missing !== 0; index = (index + 1) % counts.length) {
    const step = Math.sign(missing)
    if (counts[index] + step < 1) continue
    counts[index] += step
    missing -= step
  }
  return counts
}

function dependencies(names, index, random) {
  if (index === 0) return []
  const count = Math.min(index, 1 + random.below(4))
  return [...new Set(Array.from({ length: count }, () => names[random.below(index)]))].sort()
}

/** What nobody depends on becomes a dependency of the last package. */
function bindTogether(set) {
  const needed = new Set(set.flatMap(({ dependencies }) => dependencies))
  const last = set.at(-1)
  const loose = set.filter(({ name }) => name !== last.name && !needed.has(name)).map(({ name }) => name)
  last.dependencies = [...new Set([...last.dependencies, ...loose])].sort()
}

function payload(name, count, library, random) {
  const files = new Map()
  for (let number = 0; files.size < count; number += 1) {
    const role = random.pick(DRAWS)
    const path = role.path(name, number, library)
    const size = random.logNormal(2600 * role.scale, 1.6)
    if (!files.has(path)) files.set(path, { path, kind: role.kind, size, changed: false })
  }
  const links = [...files.keys()]
    .filter((path) => path.endsWith('.so.1'))
    .map((path) => ({ path: path.slice(0, -2), target: path.slice(path.lastIndexOf('/') + 1) }))
  return { files: [...files.values()], links, sideEffects: sideEffectsOf([...files.keys()]) }
}

function sideEffectsOf(paths) {
  const has = (pattern) => paths.some((path) => pattern.test(path))
  return [...(has(/\.so(\.1)?$/) ? ['ldconfig'] : []), ...(has(/\/man\//) ? ['man-db'] : [])]
}

function scaleSizes(set, bytes) {
  const all = set.flatMap(({ files }) => files)
  const factor = bytes / all.reduce((sum, { size }) => sum + size, 0)
  for (const file of all) file.size = Math.min(LARGEST, Math.max(16, Math.round(file.size * factor)))
}
