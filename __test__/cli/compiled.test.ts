import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const bundle = join(root, 'dist/peipkg/program.cjs')

const isRefused = (cache: string) => {
  const script = `const { run } = require('${root}tools/compiled.cjs')
    const cache = require('node:fs').readFileSync('${cache}')
    console.log(run('${bundle}', require('node:module').createRequire('${bundle}'), cache).script.cachedDataRejected)`
  return spawnSync(process.execPath, ['-e', script], { encoding: 'utf8' }).stdout.trim()
}

it('is taken by the engine that it was made for', () => {
  expect(isRefused(`${bundle}.cache`)).toBe('false')
})

it('is refused by another engine, and the program works all the same', () => {
  const other = mkdtempSync(join(tmpdir(), 'peipkg-compiled-'))
  try {
    cpSync(join(root, 'dist/peipkg'), join(other, 'dist/peipkg'), { recursive: true })
    const cache = join(other, 'dist/peipkg/program.cjs.cache')
    const bytes = readFileSync(cache)
    // The second word tells the version.
    bytes.writeUInt32LE((bytes.readUInt32LE(4) ^ 1) >>> 0, 4)
    writeFileSync(cache, bytes)
    expect(isRefused(cache)).toBe('true')
    const { stdout } = spawnSync(process.execPath, [join(other, 'dist/peipkg/main.cjs'), 'help'], {
      encoding: 'utf8',
    })
    expect(stdout).toContain('  install  ')
  } finally {
    rmSync(other, { recursive: true, force: true })
  }
})
