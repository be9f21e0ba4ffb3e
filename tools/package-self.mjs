// Packages peipkg itself, from a built checkout, as packaging/peipkg describes.
//   npm run package:self -- --out DIR [--revision N] [--source CHECKOUT] [further options of peipkg-build build]
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { root } from './run.mjs'

/** Node's words for architectures, and those of packages. */
const architectures = { x64: 'x86_64', arm64: 'aarch64' }

const { values, tokens } = parseArgs({
  options: {
    architecture: { type: 'string', default: architectures[process.arch] ?? process.arch },
    revision: { type: 'string', default: '1' },
    source: { type: 'string', default: root },
  },
  strict: false,
  tokens: true,
})

const source = resolve(values.source)
const recipe = mkdtempSync(join(tmpdir(), 'peipkg-recipe-'))
try {
  fillRecipe()
  process.exitCode = build()
} finally {
  rmSync(recipe, { recursive: true })
}

function fillRecipe() {
  const template = readFileSync(`${root}packaging/peipkg/peipkg.toml.in`, 'utf8')
  writeFileSync(join(recipe, 'peipkg.toml'), template.replaceAll('@ARCHITECTURE@', values.architecture))
  copyFileSync(`${root}packaging/peipkg/build.sh`, join(recipe, 'build.sh'))
}

/** What was not said is what the checkout says: its version, its commit, and that one's time. */
function build() {
  const { version } = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8'))
  const named = new Set(tokens.flatMap((token) => (token.kind === 'option' ? [token.name] : [])))
  const said = (name, value) => (named.has(name) ? [] : [`--${name}`, value()])
  const identity = [
    ...said('version', () => `${version}-${values.revision}`),
    ...said('source-ref', () => `git:${git('rev-parse', 'HEAD')}`),
    ...said('timestamp', () => git('log', '-1', '--date=format-local:%Y-%m-%dT%H:%M:%SZ', '--format=%cd')),
    ...said('farm-id', () => 'checkout'),
  ]
  const places = [
    '--recipe',
    recipe,
    '--source',
    source,
    '--build-env',
    `ARCHITECTURE=${values.architecture}`,
  ]
  const program = [join(root, 'bin/peipkg-build'), 'build']
  return spawnSync(process.execPath, [...program, ...places, ...identity, ...passed()], { stdio: 'inherit' })
    .status
}

/** The arguments that are not ours, in their order. */
function passed() {
  const ours = new Set(['architecture', 'revision', 'source'])
  const at = new Set()
  for (const token of tokens) {
    if (token.kind !== 'option' || !ours.has(token.name)) continue
    at.add(token.index)
    if (token.value !== undefined && !token.inlineValue) at.add(token.index + 1)
  }
  return process.argv.slice(2).filter((_, index) => !at.has(index))
}

function git(...words) {
  const { stdout, status } = spawnSync('git', ['-C', source, ...words], {
    encoding: 'utf8',
    env: { ...process.env, TZ: 'UTC' },
  })
  if (status !== 0) throw new Error(`git knows nothing of ${source}: name --source-ref and --timestamp`)
  return stdout.trim()
}
