// One small entry per executable (dist/<program>/main.cjs); every `import()` in the sources is a file of its own, required on
// first use. esbuild splits ES modules only, so the pieces are made as ES modules and rewritten to CommonJS, which Node
// starts faster.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { build, transform } from 'esbuild'
import { root } from './run.mjs'

const { version } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'))

/** Program → the source of its entry. Its pieces lie in dist/<program>/, two levels below the package like the sources. */
const programs = {
  peipkg: 'ts/cli/peipkg/main.ts',
  'peipkg-build': 'ts/cli/peipkg-build/main.ts',
  'peipkg-manager': 'ts/cli/peipkg-manager/main.ts',
  'peipkg-repo': 'ts/cli/peipkg-repo/main.ts',
}

export async function bundle() {
  rmSync(`${root}dist`, { recursive: true, force: true })
  for (const [name, source] of Object.entries(programs)) {
    if (existsSync(root + source)) await bundleProgram(name, source)
  }
}

async function bundleProgram(name, source) {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: { main: source },
    outdir: `dist/${name}`,
    outExtension: { '.js': '.cjs' },
    chunkNames: '[name]-[hash]',
    bundle: true,
    splitting: true,
    write: false,
    minify: true,
    treeShaking: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    // The ES modules, of which only what is used is taken; their platform directory has no file of that name.
    alias: { clipanion: `${root}node_modules/clipanion/lib/advanced/index.mjs` },
    plugins: [withoutTerminal],
    define: { PEIPKG_VERSION: JSON.stringify(version) },
    logLevel: 'warning',
  })
  mkdirSync(`${root}dist/${name}`, { recursive: true })
  for (const { path, text } of outputFiles) writeFileSync(path, await toCommonJs(text))
}

/**
 * clipanion opens all three standard streams and looks at the terminal when it is loaded (6 ms of CPU). Our commands have
 * streams of their own and our texts no colours.
 */
const withoutTerminal = {
  name: 'without-terminal',
  setup(build) {
    build.onResolve({ filter: /^\.\.\/platform$/ }, ({ resolveDir }) => ({
      path: `${resolveDir}/../platform/browser.mjs`,
    }))
    build.onLoad({ filter: /clipanion\/lib\/advanced\/Cli\.mjs$/ }, ({ path }) => {
      const text = readFileSync(path, 'utf8')
      const contents = text.replace(
        /^Cli\.defaultContext = \{[^}]*\};$/m,
        'Cli.defaultContext = { colorDepth: 1 };',
      )
      if (contents === text) throw new Error(`${path} has another shape than expected`)
      return { contents }
    })
  },
}

async function toCommonJs(text) {
  const { code } = await transform(text, {
    format: 'cjs',
    minify: true,
    platform: 'node',
    target: 'node20',
    define: { 'import.meta.url': 'importMetaUrl' },
    banner: text.includes('import.meta.url')
      ? 'const importMetaUrl=require("node:url").pathToFileURL(__filename).href;'
      : '',
    supported: { 'dynamic-import': false },
    logLevel: 'warning',
  })
  return code
}
