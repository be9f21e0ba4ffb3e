// One small entry per executable; commands and heavy libraries are bundles of their own, required on first use.
import { existsSync, rmSync } from 'node:fs'
import { build } from 'esbuild'
import { root } from './run.mjs'

/** Bundle name in dist/ → source. An import of one of these files from another bundle stays a `require`. */
const bundles = {
  peipkg: 'ts/cli/peipkg/main.ts',
  'peipkg-build': 'ts/cli/peipkg-build/main.ts',
  'peipkg-repo': 'ts/cli/peipkg-repo/main.ts',
}

export async function bundle() {
  rmSync(`${root}dist`, { recursive: true, force: true })
  for (const [name, source] of Object.entries(bundles)) {
    if (!existsSync(root + source)) continue
    await build({
      absWorkingDir: root,
      entryPoints: [source],
      outfile: `dist/${name}.cjs`,
      bundle: true,
      minify: true,
      platform: 'node',
      target: 'node20',
      format: 'cjs',
      external: ['*/index.cjs'],
      logLevel: 'warning',
    })
  }
}
