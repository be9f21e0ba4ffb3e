/** What the command `worker` is made of: nothing of the addon, of the engine, of anything but Node. */
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('../../..', import.meta.url))

test("the worker's modules reach neither the addon nor the engine nor any library but that of the command line", async () => {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: ['ts/cli/peipkg-farm/worker.ts'],
    bundle: true,
    write: false,
    metafile: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    define: { PEIPKG_VERSION: '"0"' },
    logLevel: 'silent',
  })
  const files = Object.keys(metafile.inputs)
  const external = Object.values(metafile.inputs).flatMap(({ imports }) =>
    imports.filter((entry) => entry.external === true).map(({ path }) => path),
  )
  const libraries = [...new Set(external.filter((path) => !path.startsWith('node:')))]
  expect(libraries).toEqual(['clipanion'])
  expect(files.filter((path) => /native\/addon|index\.cjs|farm\/(engine|server)/.test(path))).toEqual([])
  // The check sees what it should: the façade of the addon would be there.
  expect(files).toContain('ts/farm/worker/worker.ts')
})
