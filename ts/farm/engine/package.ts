/** The package `peipkg-farm-server`: what only the server needs, installed beside peipkg; in a checkout below dist. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import { PeiError } from '../../native/errors.ts'

const NAME = 'peipkg-farm-server'

interface FarmServerPackage {
  readonly directory: string
  readonly version: string
}

/** Throws PEI_FARM_ENGINE: it is not there, or not the one that this program was built with. */
export function requireFarmServer(version: string): void {
  const found = farmServerPackage()
  if (found?.version === version) return
  const what =
    found === undefined
      ? `what the server needs is not installed`
      : `${NAME} is of version ${found.version}, this is peipkg ${version}`
  throw new PeiError('PEI_FARM_ENGINE', `${what}: run "npm install -g ${NAME}@${version}"`)
}

export function farmServerPackage(): FarmServerPackage | undefined {
  // The bundles are where Node finds it; the sources are not.
  for (const from of [import.meta.url, new URL('../../../dist/peipkg-farm/program.cjs', import.meta.url)]) {
    try {
      const path = createRequire(from).resolve(`${NAME}/package.json`)
      const { version } = JSON.parse(readFileSync(path, 'utf8')) as { version: string }
      return { directory: dirname(path), version }
    } catch {}
  }
  return undefined
}
