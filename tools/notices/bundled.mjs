// What the bundles contain besides our own sources: told by what esbuild says it took bytes of.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { licenceTexts, noticesText, postgresql } from '../notices.mjs'
import { root } from '../run.mjs'

/** Those whose text is in their README only. */
const HOLDERS = {
  clipanion: '2019 Mael Nison',
  'pg-types': '2014 Brian M. Carlson',
  pgpass: '2013-2016 Hannes Hörl',
  typanion: '2020 Mael Nison',
}

/** The directories of the packages in node_modules that `metafile` has bytes of. */
export function packagesIn(metafile) {
  const inputs = Object.values(metafile.outputs).flatMap((output) => Object.entries(output.inputs))
  return inputs.flatMap(([path, { bytesInOutput }]) => {
    const [found] = /^.*(^|\/)node_modules\/(@[^/]+\/)?[^/]+(?=\/)/.exec(path) ?? []
    return bytesInOutput > 0 && found !== undefined ? [found] : []
  })
}

/** The notices of the packages in `directories`, which are relative to the checkout. */
export function bundledNotices(name, directories) {
  const components = [...new Set(directories)].flatMap((path) => {
    const directory = join(root, path)
    const { name, version, license } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'))
    const texts = licenceTexts(directory, license, HOLDERS[name])
    return [{ name: `${name} ${version}`, licence: license, texts }, ...within(name)]
  })
  components.sort((one, other) => (one.name < other.name ? -1 : 1))
  return noticesText(`The files of ${name} contain, besides its own:`, components)
}

/** PGlite is PostgreSQL, compiled. */
function within(name) {
  if (name !== '@electric-sql/pglite') return []
  return [{ name: 'PostgreSQL, in @electric-sql/pglite', licence: 'PostgreSQL', texts: [postgresql()] }]
}
