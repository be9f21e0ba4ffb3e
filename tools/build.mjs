// Builds the addon (index.cjs, index.d.ts, peipkg.<platform>.node), the bundles in dist/ and the man pages in dist/man.
//   node tools/build.mjs [native|ts] [what napi build is given]…
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { transform } from 'esbuild'
import { bundle } from './bundle.mjs'
import { writeDocuments } from './documentation.mjs'
import { prepareFarmData } from './farm-data.mjs'
import { linkedNotices } from './notices/linked.mjs'
import { addonNotices, manifest } from './packages.mjs'
import { bin, root, run } from './run.mjs'
import { rustFlags } from './rust-flags.mjs'

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

if (what !== 'ts') {
  await requireRust()
  // Before the flags are made: they name where the sources lie.
  run('cargo', ['fetch', '--locked', '--quiet'])
  const args = [...napi, '--output-dir', '.', ...process.argv.slice(3)]
  run(bin('napi'), args, { env: { RUSTFLAGS: rustFlags() } })
  writeFileSync(root + addonNotices, linkedNotices(manifest().napi.targets))
}
if (what !== 'native') {
  await bundle()
  await prepareFarmData()
  await writeDocuments('dist/')
}

/** What a user without the addon is told, and not what the tools of Rust say of each other. */
async function requireRust() {
  if (spawnSync('cargo', ['--version'], { stdio: 'ignore' }).error === undefined) return
  const { code } = await transform(readFileSync(`${root}ts/native/platform.ts`, 'utf8'), { loader: 'ts' })
  const { noAddonLine } = await import(`data:text/javascript,${encodeURIComponent(code)}`)
  console.error(`peipkg: ${noAddonLine('build')}`)
  process.exit(1)
}
