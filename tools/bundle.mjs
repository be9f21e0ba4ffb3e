// Three kinds of files per executable, in dist/<program>/: main.cjs, all that `--version` needs; program.cjs with every command,
// whose modules are evaluated when they are first imported; and each library by itself, required on first use. Node spends half
// a millisecond on each file that it opens, and a command needs a hundred modules. program.cjs.cache holds the compiled code.
import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { build } from 'esbuild'
import { bundledNotices, packagesIn } from './notices/bundled.mjs'
import { noticesFile } from './notices.mjs'
import { farmServer, farmServerManifest, jsonText, manifest } from './packages.mjs'
import { root } from './run.mjs'

const { version } = manifest()

/** Program → the source of its entry. Its pieces lie in dist/<program>/, two levels below the package like the sources. */
const programs = {
  peipkg: 'ts/cli/peipkg/main.ts',
  'peipkg-build': 'ts/cli/peipkg-build/main.ts',
  'peipkg-farm': 'ts/cli/peipkg-farm/main.ts',
  'peipkg-manager': 'ts/cli/peipkg-manager/main.ts',
  'peipkg-repo': 'ts/cli/peipkg-repo/main.ts',
}

/**
 * The command whose code is compiled in advance, on a root that is not there: what every query needs. More is no gain: all of it
 * is read at every start.
 */
const queries = ['list', '--root', '/nonexistent']

export async function bundle() {
  rmSync(`${root}dist`, { recursive: true, force: true })
  const contained = { dist: [], [farmServer.directory]: [] }
  for (const [name, source] of Object.entries(programs)) {
    if (existsSync(root + source)) await bundleProgram(name, source, contained)
  }
  writeFileSync(`${root}${farmServer.directory}/package.json`, jsonText(farmServerManifest()))
  for (const [directory, packages] of Object.entries(contained)) {
    const name = directory === 'dist' ? manifest().name : farmServer.name
    writeFileSync(`${root}${directory}/${noticesFile}`, bundledNotices(name, packages))
  }
}

/** Adds to `contained` which packages of others are in each of our own. */
async function bundleProgram(name, source, contained) {
  const libraries = new Map()
  const into = { outdir: `dist/${name}`, plugins: [separately(name, libraries), withoutTerminal] }
  const make = async (options) => {
    const { metafile } = await build({ ...common, ...options, metafile: true })
    const owner = options.outdir === farmServer.directory ? farmServer.directory : 'dist'
    contained[owner].push(...packagesIn(metafile))
  }
  await make({ ...into, entryPoints: { main: source } })
  await make({
    ...into,
    ...withOwnAddress,
    entryPoints: { program: source.replace('main.ts', 'program.ts') },
  })
  compile(`${root}dist/${name}/program.cjs`, name === 'peipkg' ? queries : ['help'])
  for (const [library, outdir] of libraries) {
    const entryPoints = { [fileOf(library)]: library === 'undici' ? `${root}tools/http-client.cjs` : library }
    const supported = { 'dynamic-import': asItIs.includes(library) }
    const alias = library === 'undici' ? withoutHttp2 : {}
    await make({ ...withOwnAddress, alias, outdir, entryPoints, supported, external: ['pg-native'] })
    for (const file of beside[library] ?? []) {
      copyFileSync(`${root}node_modules/${library}/dist/${file}`, `${root}${outdir}/${file}`)
    }
  }
}

/** Without its cache a program works as well, only later. */
function compile(path, command) {
  spawnSync(process.execPath, [`${root}tools/compile.mjs`, path, ...command], { stdio: 'ignore' })
}

/** Libraries that are files of their own, and what they look for beside themselves. */
const separate =
  /^(prom-client|smol-toml|toml-eslint-parser|undici|hono|hono\/streaming|@hono\/node-server|pg|pg-boss|@electric-sql\/pglite|@electric-sql\/pglite\/nodefs)$/
/** Those that only `peipkg-farm server` needs are a package of their own, which lies where Node finds it. */
const ofFarmServer =
  /^(prom-client|hono|hono\/streaming|@hono\/node-server|pg|pg-boss|@electric-sql\/pglite|@electric-sql\/pglite\/nodefs)$/
const beside = { '@electric-sql/pglite': ['pglite.wasm', 'pglite.data', 'initdb.wasm'] }

const withoutHttp2 = { 'node:http2': `${root}tools/no-http2.cjs` }

/** They have a `require` of their own, in whose place no import may become one. */
const asItIs = ['@electric-sql/pglite', '@electric-sql/pglite/nodefs']

const fileOf = (library) => library.replace(/^@/, '').replaceAll('/', '-')

const common = {
  absWorkingDir: root,
  outExtension: { '.js': '.cjs' },
  bundle: true,
  minify: true,
  treeShaking: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  supported: { 'dynamic-import': false },
  // The ES modules, of which only what is used is taken; their platform directory has no file of that name.
  alias: { clipanion: `${root}node_modules/clipanion/lib/advanced/index.mjs` },
  define: { PEIPKG_VERSION: JSON.stringify(version) },
  logLevel: 'warning',
}

/** CommonJS has no `import.meta.url`. */
const withOwnAddress = {
  define: { ...common.define, 'import.meta.url': 'importMetaUrl' },
  banner: { js: 'const importMetaUrl=require("node:url").pathToFileURL(__filename).href;' },
}

/** Leaves the program out of the entry, and the libraries out of both: `libraries` says where each has to go. */
const separately = (name, libraries) => ({
  name: 'separately',
  setup(build) {
    build.onResolve({ filter: /^\.\/program\.ts$/ }, ({ kind }) =>
      kind === 'dynamic-import' ? { path: 'program.cjs', namespace: 'compiled' } : undefined,
    )
    build.onLoad({ filter: /./, namespace: 'compiled' }, ({ path }) => ({
      resolveDir: `${root}tools`,
      contents: `module.exports = require('./compiled.cjs').load(\`\${__dirname}/${path}\`, require)`,
    }))
    build.onResolve({ filter: separate }, ({ path }) => {
      const apart = name === 'peipkg-farm' && ofFarmServer.test(path)
      libraries.set(path, apart ? farmServer.directory : `dist/${name}`)
      return { path: `${apart ? farmServer.name : '.'}/${fileOf(path)}.cjs`, external: true }
    })
  },
})

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
