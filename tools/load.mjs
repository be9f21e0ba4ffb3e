// What of the build farm takes minutes at its full size, then the figures of the farm on both engines.
import { bin, run } from './run.mjs'

process.env.PEIPKG_LOAD = '1'
run(process.execPath, ['tools/build.mjs', 'ts'])
run(bin('vitest'), [
  'run',
  '--maxWorkers=1',
  '__test__/load',
  '__test__/manager/day.test.ts',
  '__test__/cli/peipkg-farm/kill.test.ts',
  '__test__/cli/peipkg-manager/kill.test.ts',
])
run(process.execPath, ['bench/farm/run.mjs'])
