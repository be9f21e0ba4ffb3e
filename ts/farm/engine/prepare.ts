/** Makes the archive of a prepared data directory; run by `npm run build`. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliCompressSync, constants } from 'node:zlib'
import { PGlite } from '@electric-sql/pglite'
import { createEngine } from './pg-boss.ts'
import { backendOf } from './pglite-backend.ts'

const failed = (reason: Error) => {
  throw reason
}

const quiet = { info: () => undefined, warn: () => undefined }

export async function prepareData(file: string): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'peipkg-farm-data-'))
  try {
    const engine = await createEngine(
      backendOf(await PGlite.create(directory), quiet, { failed, closed: async () => undefined }),
      quiet,
    )
    await engine.query('vacuum')
    await engine.stop()
    const database = await PGlite.create(directory)
    const tar = Buffer.from(await (await database.dumpDataDir('none')).arrayBuffer())
    await database.close()
    const params = { [constants.BROTLI_PARAM_QUALITY]: 6, [constants.BROTLI_PARAM_LGWIN]: 24 }
    writeFileSync(file, brotliCompressSync(inOrder(tar), { params }))
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

/** The entries by name, without times and modes of their own: a file system lists them in its order, and the umask is the builder's. */
function inOrder(tar: Buffer): Buffer {
  const entries: { readonly name: string; readonly bytes: Buffer }[] = []
  for (let at = 0; at + 512 <= tar.length && tar[at] !== 0; ) {
    const header = Buffer.from(tar.subarray(at, at + 512))
    const size = Number.parseInt(header.toString('latin1', 124, 136), 8)
    const end = at + 512 + Math.ceil(size / 512) * 512
    neutral(header)
    const name = `${header.toString('latin1', 345, 500)}/${header.toString('latin1', 0, 100)}`
    entries.push({ name, bytes: Buffer.concat([header, tar.subarray(at + 512, end)]) })
    at = end
  }
  entries.sort((a, b) => (a.name < b.name ? -1 : 1))
  return Buffer.concat([...entries.map(({ bytes }) => bytes), Buffer.alloc(1024)])
}

function neutral(header: Buffer): void {
  header.write('0000700\0', 100, 'latin1')
  header.write('00000000000\0', 136, 'latin1')
  header.fill(' ', 148, 156)
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
}
