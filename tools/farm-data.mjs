// The prepared data directory of the embedded database (ts/farm/engine/prepared.ts): made once for what it is made of, and kept.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { farmServer } from './packages.mjs'
import { root } from './run.mjs'

const sources = ['engine', 'pg-boss', 'pglite-backend', 'prepare', 'tables'].map(
  (name) => `ts/farm/engine/${name}.ts`,
)
const libraries = ['pg-boss', '@electric-sql/pglite'].map((name) => `node_modules/${name}/package.json`)

export async function prepareFarmData() {
  const hash = createHash('sha256')
  for (const file of [...sources, ...libraries, 'tools/fixed-clock.mjs'])
    hash.update(readFileSync(root + file))
  const kept = `${root}target/farm-data-${hash.digest('hex').slice(0, 16)}.tar.br`
  if (!existsSync(kept)) await prepare(kept)
  mkdirSync(root + farmServer.directory, { recursive: true })
  copyFileSync(kept, `${root}${farmServer.directory}/data.tar.br`)
}

async function prepare(file) {
  mkdirSync(`${root}target`, { recursive: true })
  const program = `${root}target/farm-data-${process.pid}.mjs`
  try {
    await build({
      absWorkingDir: root,
      entryPoints: ['ts/farm/engine/prepare.ts'],
      outfile: program,
      bundle: true,
      packages: 'external',
      platform: 'node',
      target: 'node20',
      format: 'esm',
      logLevel: 'warning',
    })
    make(program, `${file}.making`)
    renameSync(`${file}.making`, file)
  } finally {
    rmSync(program, { force: true })
  }
}

/** The same bytes every time: in a process of its own, for which it is always the same moment. */
function make(program, file) {
  const clock = pathToFileURL(`${root}tools/fixed-clock.mjs`).href
  const [from, to] = [pathToFileURL(program).href, file].map((text) => JSON.stringify(text))
  const script = `const { prepareData } = await import(${from}); await prepareData(${to})`
  const args = ['--import', clock, '--input-type=module', '--eval', script]
  const env = { ...process.env, TZ: 'UTC', LC_ALL: 'C' }
  const { status, error } = spawnSync(process.execPath, args, {
    env,
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  if (error) throw error
  if (status !== 0) throw new Error('the data directory of the farm cannot be prepared')
}
