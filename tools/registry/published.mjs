// A registry that has all packages of this tree, as after a release.
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pack } from '../pack.mjs'
import { manifest, platformOf } from '../packages.mjs'
import { root } from '../run.mjs'
import { fetchParts } from './parts.mjs'
import { openRegistry, publish } from './registry.mjs'

export async function openPublished(scratch) {
  fetchParts()
  const registry = await openRegistry(scratch)
  try {
    publish(registry.url, await packEverything(scratch))
  } catch (error) {
    registry.close()
    throw error
  }
  return registry
}

/** In place of the addons that are not built here stands one byte, which nothing here installs: npm has to choose. */
async function packEverything(scratch) {
  const into = join(scratch, 'tarballs')
  const addons = join(scratch, 'addons')
  mkdirSync(addons)
  for (const target of manifest().napi.targets) {
    const file = `peipkg.${platformOf(target)}.node`
    if (existsSync(root + file)) cpSync(root + file, join(addons, file))
    else writeFileSync(join(addons, file), '-')
  }
  await pack(into, { addons, everyPlatform: true })
  console.log(readFileSync(join(into, 'SHA256SUMS'), 'utf8'))
  return into
}
