// Runs our own programs, and the addon, to make workloads; nothing here is measured.
import { execFileSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { arch } from 'node:os'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

const TIMESTAMP = '2026-05-01T12:00:00Z'

export const packageRoot = fileURLToPath(new URL('../..', import.meta.url))
export const architecture = { x64: 'x86_64', arm64: 'aarch64' }[arch()] ?? arch()
export const program = (name) => `${packageRoot}bin/${name}`

/** `bin/<name>` finds the Node.js that runs this; what slows Node down at every start is left out. */
export function environment() {
  const { NODE_EXTRA_CA_CERTS, NODE_OPTIONS, ...inherited } = process.env
  return { ...inherited, LC_ALL: 'C', PATH: `${dirname(process.execPath)}:${inherited.PATH}` }
}

export function runProgram(name, ...args) {
  const options = {
    env: environment(),
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 1 << 28,
  }
  return execFileSync(program(name), args, options)
}

export const addon = createRequire(import.meta.url)(`${packageRoot}index.cjs`)

export function manifestOf(name, version, { dependencies = [], sideEffects = [] }) {
  return {
    ...{ schema_version: 1, name, version, architecture, description: 'Part of a benchmark', license: 'MIT' },
    homepage: '',
    dependencies: dependencies.map((dependency) => ({ name: dependency })),
    ...{ optional_dependencies: [], conflicts: [], provides: [], replaces: [], side_effects: sideEffects },
    ...{ size_installed: 0, sd_overrides: [], build: { timestamp: TIMESTAMP, farm_id: '', source_ref: '' } },
  }
}

export const fileNameOf = (name, version) => `${name}_${version}_${architecture}.peipkg`
