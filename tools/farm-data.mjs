// The prepared data directory of the embedded database (ts/farm/engine/prepared.ts): made once for what it is made of, and kept.
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
  for (const file of [...sources, ...libraries]) hash.update(readFileSync(root + file))
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
    const { prepareData } = await import(pathToFileURL(program))
    await prepareData(`${file}.making`)
    renameSync(`${file}.making`, file)
  } finally {
    rmSync(program, { force: true })
  }
}
