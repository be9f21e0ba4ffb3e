// Makes the tarballs of the npm packages, and SHA256SUMS beside them, from what is built.
//   node tools/pack.mjs [directory]            default: target/npm
//     --addons <dir>       where the peipkg.<platform>.node are; default: the checkout
//     --every-platform     refuses when an addon of `napi.targets` is not there
//     --repository <url>   of the sources, for npm's provenance
//   node tools/pack.mjs --lay-out <directory> [--caches]    the packages as directories instead
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { layOut, manifest } from './packages.mjs'
import { root } from './run.mjs'

const options = {
  addons: { type: 'string' },
  'every-platform': { type: 'boolean' },
  repository: { type: 'string' },
  'lay-out': { type: 'string' },
  caches: { type: 'boolean' },
}

/** The packages as tarballs in `directory`, made anew; returns their names. */
export async function pack(directory, { everyPlatform = false, ...wanted } = {}) {
  const into = resolve(directory)
  const work = mkdtempSync(join(realpathSync(tmpdir()), 'peipkg-pack-'))
  try {
    await layOut(join(work, 'packages'), wanted)
    const packages = readdirSync(join(work, 'packages')).sort()
    if (everyPlatform && packages.length !== manifest().napi.targets.length + 2) {
      throw new Error(`an addon is missing: there is ${packages.join(', ')} only`)
    }
    rmSync(into, { recursive: true, force: true })
    mkdirSync(into, { recursive: true })
    npmPack(
      packages.map((name) => join(work, 'packages', name)),
      into,
    )
  } finally {
    rmSync(work, { recursive: true })
  }
  return writeSums(into)
}

/** npm gives every entry one time and no owner; what is left, the mode, was made even before. */
function npmPack(packages, into) {
  const args = ['pack', '--ignore-scripts', '--silent', '--pack-destination', into, ...packages]
  const { status, error } = spawnSync('npm', args, { cwd: into, stdio: ['ignore', 'ignore', 'inherit'] })
  if (error) throw error
  if (status !== 0) throw new Error(`npm pack ended with ${status}`)
}

/** As `sha256sum --check` reads it. */
function writeSums(into) {
  const tarballs = readdirSync(into).sort()
  const digest = (name) =>
    createHash('sha256')
      .update(readFileSync(join(into, name)))
      .digest('hex')
  writeFileSync(join(into, 'SHA256SUMS'), tarballs.map((name) => `${digest(name)}  ${name}\n`).join(''))
  return tarballs
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { values, positionals } = parseArgs({ options, allowPositionals: true })
  const { 'lay-out': layOutAt, 'every-platform': everyPlatform, ...wanted } = values
  if (layOutAt !== undefined) await layOut(layOutAt, wanted)
  else {
    const into = resolve(positionals[0] ?? `${root}target/npm`)
    for (const name of await pack(into, { ...wanted, everyPlatform })) console.log(join(into, name))
  }
}
