// Builds what the tests need, then runs all of them: Rust, then TypeScript through the built command line.
import { bin, buildForTests, run } from './run.mjs'

// The fault points are armed by an environment variable of the crash tests only.
run('cargo', ['test', '--package', 'peipkg-core', '--features', 'faults', '--quiet'])
buildForTests()
run(process.execPath, ['tools/build.mjs'])
run(bin('vitest'), ['run'])
