// Builds the addon (index.cjs, index.d.ts, peipkg.<platform>.node), the bundles in dist/ and the man pages in dist/man.
//   node tools/build.mjs [native|ts] [--faults]
import { bundle } from './bundle.mjs'
import { writeDocuments } from './documentation.mjs'
import { prepareFarmData } from './farm-data.mjs'
import { bin, run } from './run.mjs'

const what = process.argv[2]
const napi = [
  'build',
  '--platform',
  '--release',
  '--no-const-enum',
  '--manifest-path',
  'crates/peipkg-native/Cargo.toml',
  '--js',
  'index.cjs',
  '--dts',
  'index.d.ts',
]

if (what !== 'ts') run(bin('napi'), [...napi, '--output-dir', '.'])
if (what !== 'native') {
  await bundle()
  await prepareFarmData()
  await writeDocuments('dist/')
}
