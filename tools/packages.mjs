// The npm packages that are published from this tree, as directories: what belongs to each, and what its package.json says.
//   peipkg               the five executables, the bundles, the man pages; the addon by optionalDependencies
//   peipkg-<platform>    the addon alone, for each of `napi.targets`; made by @napi-rs/cli
//   peipkg-farm-server   what only `peipkg-farm server` needs
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join, resolve } from 'node:path'
import { noticesFile } from './notices.mjs'
import { root } from './run.mjs'

/** In a checkout it lies where Node looks for a package, too: the bundles are the same everywhere. */
export const farmServer = { name: 'peipkg-farm-server', directory: 'dist/node_modules/peipkg-farm-server' }

/** Committed, so that packing needs no Rust: written when the addon is built, the same for every platform. */
export const addonNotices = `crates/peipkg-native/${noticesFile}`

/** package.json of this tree. */
export const manifest = () => JSON.parse(readFileSync(`${root}package.json`, 'utf8'))

export const jsonText = (value) => `${JSON.stringify(value, null, 2)}\n`

const platforms = { x86_64: 'x64', aarch64: 'arm64' }

/** `aarch64-unknown-linux-musl` → `linux-arm64-musl`, as the addon's file and its package are called. */
export const platformOf = (target) =>
  target.replace(/^([^-]+)-unknown-linux-/, (_, cpu) => `linux-${platforms[cpu]}-`)

export function farmServerManifest() {
  const { version, license } = manifest()
  return {
    name: farmServer.name,
    version,
    description: 'What "peipkg-farm server" needs besides peipkg: the job engine and the embedded database.',
    license,
    engines: { node: '>=22.12' },
  }
}

/**
 * Makes `directory`, which must not be there, with a directory for each package whose parts are built; a package directory is whole
 * and may be used where it is. Together they may lie in any node_modules: each finds the others there.
 *   caches: with what the engine compiled in advance, good for the Node of this build only
 *   addons: where the peipkg.<platform>.node are
 */
export async function layOut(directory, { caches = false, addons = root, repository } = {}) {
  const into = resolve(directory)
  mkdirSync(into, { recursive: false })
  layOutMain(join(into, 'peipkg'), caches, repository)
  layOutFarmServer(join(into, farmServer.name), repository)
  await layOutAddons(into, addons)
  normalise(into)
}

function layOutMain(into, caches, repository) {
  const { files } = manifest()
  const unwanted = (path) => /[/]node_modules$/.test(path) || (!caches && path.endsWith('.cache'))
  for (const name of [...files.filter((name) => !name.startsWith('!')), 'README.md', 'LICENSE']) {
    cpSync(root + name, join(into, name), { recursive: true, filter: (path) => !unwanted(path) })
  }
  renameSync(join(into, 'dist', noticesFile), join(into, noticesFile))
  writeFileSync(join(into, 'package.json'), jsonText(released(repository)))
}

/**
 * The addon packages stand in no package.json of the tree: a lock file can hold only what is published already, and `npm ci` refuses
 * a package.json that says more.
 */
function released(repository) {
  const { devDependencies, overrides, scripts, napi, directories, files, ...rest } = manifest()
  const optionalDependencies = Object.fromEntries(
    napi.targets.map((target) => [`peipkg-${platformOf(target)}`, rest.version]),
  )
  // npm links a list of man pages; of a directory of them it only speaks.
  const man = readdirSync(root + directories.man)
    .sort()
    .map((page) => `./${directories.man}/${page}`)
  return { ...rest, files: [...files, noticesFile], man, ...provenanceOf(repository), optionalDependencies }
}

/** npm's provenance holds it against the repository that the package was built from. */
const provenanceOf = (repository) => (repository ? { repository: { type: 'git', url: repository } } : {})

function layOutFarmServer(into, repository) {
  cpSync(root + farmServer.directory, into, { recursive: true })
  cpSync(`${root}packaging/npm/${farmServer.name}/README.md`, join(into, 'README.md'))
  cpSync(`${root}LICENSE`, join(into, 'LICENSE'))
  writeFileSync(
    join(into, 'package.json'),
    jsonText({ ...farmServerManifest(), ...provenanceOf(repository) }),
  )
}

/** As @napi-rs/cli does it in a tree of its own: it writes into the package that it is run for. */
async function layOutAddons(into, addons) {
  const { napi, ...rest } = manifest()
  const targets = napi.targets.filter((target) =>
    existsSync(join(addons, `peipkg.${platformOf(target)}.node`)),
  )
  const work = join(into, '.napi')
  mkdirSync(join(work, 'artifacts'), { recursive: true })
  const options = { cwd: work, npmDir: 'npm' }
  const { name, version, license, main, engines } = rest
  const description = 'The native addon of peipkg, which brings it in where it is needed.'
  writeFileSync(
    join(work, 'package.json'),
    jsonText({ name, version, description, license, main, engines, napi: { ...napi, targets } }),
  )
  for (const target of targets) {
    const file = `peipkg.${platformOf(target)}.node`
    cpSync(join(addons, file), join(work, 'artifacts', file))
  }
  cpSync(`${root}index.cjs`, join(work, 'index.cjs'))
  const { NapiCli } = await import('@napi-rs/cli')
  const cli = new NapiCli()
  await cli.createNpmDirs(options)
  await cli.artifacts({ ...options, outputDir: 'artifacts' })
  await cli.prePublish({ ...options, tagStyle: 'npm', ghRelease: false, skipOptionalPublish: true })
  for (const target of targets) {
    const directory = join(into, `peipkg-${platformOf(target)}`)
    renameSync(join(work, 'npm', platformOf(target)), directory)
    addLicences(directory)
  }
  rmSync(work, { recursive: true })
}

/** npm packs a file of notices only where it is told to. */
function addLicences(directory) {
  cpSync(`${root}LICENSE`, join(directory, 'LICENSE'))
  cpSync(root + addonNotices, join(directory, noticesFile))
  const made = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'))
  writeFileSync(join(directory, 'package.json'), jsonText({ ...made, files: [...made.files, noticesFile] }))
}

/** Whatever the umask of the checkout was. */
function normalise(directory) {
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    chmodSync(path, entry.isDirectory() || (statSync(path).mode & 0o100) !== 0 ? 0o755 : 0o644)
  }
}
