// Builds what the tests need, then runs all of them: Rust, then TypeScript through the built command line.
import { bin, run } from './run.mjs'

// The fault points are armed by an environment variable of the crash tests only.
run('cargo', ['test', '--package', 'peipkg-core', '--features', 'faults', '--quiet'])
// And of the test that kills a root's own peipkg.
run('cargo', ['build', '--package', 'peipkg-native', '--features', 'faults', '--quiet'])
run('cargo', [
  'run',
  '--package',
  'peipkg-core',
  '--features',
  'faults',
  '--quiet',
  '--example',
  'hostile',
  '--',
  'target/hostile',
])
run(process.execPath, ['tools/build.mjs'])
run(bin('vitest'), ['run'])
