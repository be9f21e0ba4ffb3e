// The reference of every installation: `zstd -dc | tar x` of the same packages, one after the other.
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const EXTRACT = `set -e -o pipefail
while read -r package; do zstd -dcq -- "$package" | tar -xC "$2"; done <"$1"`

/** `synced`: then `sync -f`. `packages()` says the directory of the package files. */
export function extraction(context, { packages, open, synced }) {
  return {
    label: synced ? 'zstd -dc | tar x, sync -f' : 'zstd -dc | tar x',
    role: 'reference',
    prepare: async () => {
      const list = join(context.scratch, 'package-list')
      const directory = await packages()
      const files = readdirSync(directory).sort()
      writeFileSync(list, files.map((file) => `${join(directory, file)}\n`).join(''))
      const place = open(context)
      const root = join(place.directory, 'root')
      mkdirSync(root)
      const script = synced ? `${EXTRACT}\nsync -f "$2"` : EXTRACT
      return { command: ['bash', '-c', script, 'extract', list, root], close: place.close }
    },
  }
}
