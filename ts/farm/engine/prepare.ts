/** Makes the archive of a prepared data directory; run by `npm run build`. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliCompressSync, constants } from 'node:zlib'
import { PGlite } from '@electric-sql/pglite'
import { createEngine } from './pg-boss.ts'
import { backendOf } from './pglite-backend.ts'

const quiet = { info: () => undefined, warn: () => undefined }

export async function prepareData(file: string): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'peipkg-farm-data-'))
  try {
    const engine = await createEngine(
      backendOf(await PGlite.create(directory), quiet, async () => undefined),
      quiet,
    )
    await engine.query('vacuum')
    await engine.stop()
    const database = await PGlite.create(directory)
    const tar = Buffer.from(await (await database.dumpDataDir('none')).arrayBuffer())
    await database.close()
    const params = { [constants.BROTLI_PARAM_QUALITY]: 6, [constants.BROTLI_PARAM_LGWIN]: 24 }
    writeFileSync(file, brotliCompressSync(tar, { params }))
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}
