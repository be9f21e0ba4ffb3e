// What every release build of the addon tells the Rust compiler, besides Cargo.toml.
import { existsSync, readdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { root } from './run.mjs'

/**
 * The flags of the environment and ours: nothing of where the sources and the registry lie gets into the addon, so that
 * one commit gives the same bytes everywhere. Cargo keeps what it built with other flags, and builds it again only the first time.
 */
export function rustFlags() {
  const cargo = process.env.CARGO_HOME ?? join(homedir(), '.cargo')
  const sources = join(cargo, 'registry/src')
  const registries = existsSync(sources) ? readdirSync(sources) : []
  const directories = [
    [root.slice(0, -1), '/peipkg'],
    [cargo, '/cargo'],
    // The last that fits counts. Each registry has a name made of its address, in front of every crate's files.
    ...registries.map((registry) => [join(sources, registry), '/crates']),
  ]
  // RUSTFLAGS are separated by spaces: such a directory stays as it is.
  const ours = directories
    .filter(([from]) => !/\s/.test(from))
    .map(([from, to]) => `--remap-path-prefix=${from}=${to}`)
  return [process.env.RUSTFLAGS ?? '', ...ours].join(' ').trim()
}
