// Everything CI checks besides the tests: formatting, lint, types, import rules, unused code, clippy, generated files.
import { bin, run } from './run.mjs'

run('cargo', ['fmt', '--all', '--check'])
run('cargo', ['clippy', '--workspace', '--all-targets', '--quiet', '--', '-D', 'warnings'])
run(bin('biome'), ['ci', '--error-on-warnings', '.'])
run(bin('tsc'), ['--project', 'tsconfig.json'])
run(bin('depcruise'), ['ts', 'index.d.ts', '--config', '.dependency-cruiser.cjs'])
run(bin('knip'), [])
run(bin('publint'), ['--strict'])
run('git', [
  'diff',
  '--exit-code',
  '--stat',
  '--',
  'index.cjs',
  'index.d.ts',
  'crates/peipkg-native/THIRD-PARTY-NOTICES',
  'package-lock.json',
  'Cargo.lock',
])
console.log('\nall checks passed')
