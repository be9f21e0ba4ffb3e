// Finds what the demo packages: the Node.js that runs it, its licence, and the npm that came with it.
import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'

/** { executable, version, licence } — `licence` is undefined when none was found. */
export function findNode() {
  const executable = realpathSync(process.execPath)
  return { executable, version: process.versions.node, licence: licencePaths(executable).find(existsSync) }
}

/** Beside node, as in the archives of nodejs.org, and in the documentation directories of distributions. */
function licencePaths(executable) {
  const beside = dirname(executable)
  const prefix = dirname(beside)
  return [
    join(prefix, 'LICENSE'),
    join(beside, 'LICENSE'),
    ...['nodejs', 'node'].flatMap((name) => [
      join(prefix, 'share', 'doc', name, 'LICENSE'),
      join(prefix, 'share', 'licenses', name, 'LICENSE'),
      join(prefix, 'share', 'doc', name, 'copyright'),
    ]),
  ]
}

/** { library, version }: npm's library tree. Throws when there is none. */
export function findNpm(executable) {
  for (const library of npmLibraries(executable)) {
    const manifest = join(library, 'package.json')
    if (!existsSync(manifest) || !existsSync(join(library, 'bin', 'npm-cli.js'))) continue
    const { name, version } = JSON.parse(readFileSync(manifest, 'utf8'))
    if (name === 'npm') return { library: realpathSync(library), version }
  }
  throw new Error(
    'no npm was found beside this Node.js (the demo packages it): start the demo with "npm run demo"',
  )
}

/** The npm that started the demo, the one beside node, the ones on PATH. */
function npmLibraries(executable) {
  const ofCli = (cli) => dirname(dirname(cli))
  const started = process.env.npm_execpath
  const onPath = (process.env.PATH ?? '').split(delimiter).map((directory) => join(directory, 'npm'))
  return [
    ...(started === undefined ? [] : [ofCli(started)]),
    join(dirname(dirname(executable)), 'lib', 'node_modules', 'npm'),
    join(dirname(executable), 'node_modules', 'npm'),
    ...onPath.filter(existsSync).map((link) => ofCli(realpathSync(link))),
  ]
}
