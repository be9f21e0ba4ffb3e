// What is generated from the command definitions.
//   node tools/documentation.mjs        writes docs/reference.md and dist/man
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { root } from './run.mjs'

const { version } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'))

/** Writes the generated documents whose path starts with `prefix`. */
export async function writeDocuments(prefix = '') {
  for (const [path, text] of await documents()) {
    if (!path.startsWith(prefix)) continue
    mkdirSync(dirname(root + path), { recursive: true })
    writeFileSync(root + path, text)
  }
}

/** The sources are TypeScript: they are bundled, loaded and removed again. */
async function documents() {
  const outfile = `${root}dist/documentation-${process.pid}.mjs`
  await build({
    absWorkingDir: root,
    entryPoints: ['ts/cli/documentation/main.ts'],
    outfile,
    bundle: true,
    packages: 'external',
    platform: 'node',
    target: 'node20',
    format: 'esm',
    define: { PEIPKG_VERSION: JSON.stringify(version) },
    logLevel: 'warning',
  })
  try {
    return await (await import(pathToFileURL(outfile).href)).documents()
  } finally {
    rmSync(outfile)
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await writeDocuments()
