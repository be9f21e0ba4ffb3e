/** Recipes for tests: the golden ones, and small ones written on the spot. */
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const fixtures = fileURLToPath(new URL('fixtures', import.meta.url))
export const signingKey = join(fixtures, 'packages', 'test-signing-key.pem')
export const publicKey = join(fixtures, 'packages', 'test-signing-key.pub.pem')

/** What the golden packages were built with (fixtures: the vectors' README). */
export const goldenTimestamp = '2026-05-01T12:00:00Z'

export interface Golden {
  readonly recipe: string
  readonly version: string
  /** Package file → SHA-256 of its tar stream. */
  readonly tar: Readonly<Record<string, string>>
}

export const golden: readonly Golden[] = [
  {
    recipe: 'hello',
    version: '0.1-1',
    tar: { 'hello_0.1-1_noarch.peipkg': 'f6ccbeda319b34d2d402cd98881383890b7b04873a96e3bf20bb87b8262f3a04' },
  },
  {
    recipe: 'libfoo',
    version: '1:1.2.3~rc1-2',
    tar: {
      'libfoo_1:1.2.3~rc1-2_x86_64.peipkg':
        'aaa9d5108cb143c81ac640c38b7e3b824dddec38282c6ad249d55b9402ba7579',
      'libfoo-dev_1:1.2.3~rc1-2_x86_64.peipkg':
        '70a75377cf619f79040914f0c22e7761d4c666acf87813a01620badb2fe0c590',
      'libfoo-doc_1:1.2.3~rc1-2_noarch.peipkg':
        'edd887dfc51b296a9c9e5cf639ab326a5702d74149a0aa91770a1ad2c8b2509f',
    },
  },
  {
    recipe: 'base',
    version: '1-1',
    tar: { 'basefs_1-1_noarch.peipkg': '266e153969fc03524d1b8ba06b37371dcdf57f4bb0f19de2a05e8a01b88b273a' },
  },
]

export const unsignedHelloTar = '0e3db4a2cea3effcbbc96be76aaf985b7f47159400e040f7e166d4ee348d50b8'

/** What git does not hold. */
const emptyDirectories: Readonly<Record<string, readonly string[]>> = { base: ['dev', 'tmp', 'var/log/svc'] }

/** Links that the vectors hold as files with the target as their text. */
const links: Readonly<Record<string, readonly string[]>> = {
  edge: ['boot/longlink'],
  libfoo: ['usr/lib/x86_64-linux-peios/libfoo.so', 'usr/lib/x86_64-linux-peios/libfoo.so.1'],
}

function restoreLink(path: string): void {
  const target = readFileSync(path, 'utf8')
  rmSync(path)
  symlinkSync(target, path)
}

/** Copies a golden recipe with its source below `directory`; returns the options of `build` that name both. */
export function goldenRecipe(name: string, directory: string): readonly string[] {
  const copy = join(directory, name)
  cpSync(join(fixtures, 'recipes', name), copy, { recursive: true })
  const source = join(copy, 'source')
  for (const path of emptyDirectories[name] ?? []) mkdirSync(join(source, path), { recursive: true })
  for (const path of links[name] ?? []) restoreLink(join(source, path))
  return ['--recipe', join(copy, 'recipe'), '--source', source]
}

/** Writes a recipe: `toml` follows a [meta] section; `files` are the source, which the script copies, then runs `script`. */
export function writeRecipe(
  directory: string,
  toml: string,
  files: Readonly<Record<string, string>> = {},
  script = '',
): readonly string[] {
  const recipe = join(directory, 'recipe')
  const source = join(directory, 'source')
  mkdirSync(recipe, { recursive: true })
  mkdirSync(source, { recursive: true })
  writeFileSync(join(recipe, 'peipkg.toml'), `[meta]\nlicense = "MIT"\nbuild_script = "build.sh"\n\n${toml}`)
  writeFileSync(join(recipe, 'build.sh'), `set -eu\ncp -a "$SOURCE_DIR/." "$DESTDIR/"\n${script}\n`)
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(source, path)), { recursive: true })
    writeFileSync(join(source, path), text)
  }
  return ['--recipe', recipe, '--source', source]
}

/** The options of `build` that say what is built, for a recipe without a history of its own. */
export function identity(version: string, sourceRef = 'test://source'): readonly string[] {
  const provenance = ['--source-ref', sourceRef, '--farm-id', 'golden-farm', '--timestamp', goldenTimestamp]
  return ['--version', version, ...provenance]
}
