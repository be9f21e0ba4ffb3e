// Builds what the tests need, then runs all of them: Rust, then TypeScript through the built command line.
import { bin, run } from './run.mjs'

run('cargo', ['test', '--workspace', '--exclude', 'peipkg-native', '--quiet'])
run(process.execPath, ['tools/build.mjs'])
run(bin('vitest'), ['run'])
