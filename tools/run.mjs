// Runs one step of a tool: prints the command, passes its output through, ends the program when it fails.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url))

export function run(command, args, options = {}) {
  console.log(`\n$ ${[command, ...args].join(' ')}`)
  const started = Date.now()
  const result = spawnSync(command, args, {
    cwd: root,
    stdio: 'inherit',
    ...options,
    env: { ...process.env, ...options.env },
  })
  if (result.error) throw result.error
  console.log(`(${((Date.now() - started) / 1000).toFixed(1)} s)`)
  if (result.status !== 0) process.exit(result.status ?? 1)
}

/** An executable of a development dependency. */
export const bin = (name) => `${root}node_modules/.bin/${name}`

/** What the tests in TypeScript need of Rust: an addon that a root's own peipkg is killed with, and hostile packages. */
export function buildForTests() {
  run('cargo', ['build', '--package', 'peipkg-native', '--features', 'faults', '--quiet'])
  const example = ['--package', 'peipkg-core', '--features', 'faults', '--quiet', '--example', 'hostile']
  run('cargo', ['run', ...example, '--', 'target/hostile'])
}
