// The tests of the build farm whose full sizes take minutes; `npm test` has them small.
import { bin, run } from './run.mjs'

process.env.PEIPKG_LOAD = '1'
run(process.execPath, ['tools/build.mjs', 'ts'])
run(bin('vitest'), [
  'run',
  '--maxWorkers=1',
  '__test__/load',
  '__test__/manager/day.test.ts',
  '__test__/cli/peipkg-manager/kill.test.ts',
])
