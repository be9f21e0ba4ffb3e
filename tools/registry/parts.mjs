// What the proof needs from npm besides what it proves: a registry, and for Node.js that are not this one these and their npm. In a
// directory of its own below target/, never in the project's lock file; kept for the next run.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../run.mjs'

export const nodeVersions = ['20', '22', '24']

const directory = `${root}target/registry-parts`
const at = (path) => join(directory, 'node_modules', path)

const parts = {
  private: true,
  dependencies: {
    verdaccio: '6.8.0',
    npm10: 'npm:npm@10',
    npm11: 'npm:npm@11',
    ...Object.fromEntries(
      nodeVersions.map((version) => [`node${version}`, `npm:node-linux-${process.arch}@${version}`]),
    ),
  },
  // Its releases after this one are not to be had everywhere.
  overrides: { 'node-fetch': '2.7.0' },
}

export const verdaccio = at('verdaccio/bin/verdaccio')

/** The executable of a Node.js, and the npm that came out with it: of 24 it is npm 11. `this`: what runs this, and npm 11. */
export const toolsOf = (version) => ({
  node: version === 'this' ? process.execPath : at(`node${version}/bin/node`),
  npm: at(`npm${version === '24' || version === 'this' ? 11 : 10}/bin/npm-cli.js`),
})

export function fetchParts() {
  const text = JSON.stringify(parts)
  const done = join(directory, 'done')
  if (existsSync(done) && readFileSync(done, 'utf8') === text) return
  rmSync(directory, { recursive: true, force: true })
  mkdirSync(directory, { recursive: true })
  writeFileSync(join(directory, 'package.json'), text)
  const args = [
    'install',
    '--no-audit',
    '--no-fund',
    '--no-package-lock',
    '--ignore-scripts',
    '--loglevel=error',
  ]
  const { status, error } = spawnSync('npm', args, { cwd: directory, stdio: 'inherit' })
  if (error) throw error
  if (status !== 0) throw new Error('what the proof needs cannot be installed')
  writeFileSync(done, text)
}
