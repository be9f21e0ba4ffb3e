// Fills the recipe templates of this directory for this machine.
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const templates = fileURLToPath(new URL('..', import.meta.url))

/** Architectures in the words of the package format. */
const architectures = { x64: 'x86_64', arm64: 'aarch64', riscv64: 'riscv64', ppc64: 'ppc64', s390x: 's390x' }

/** The architecture of this Node.js, which is the one that its packages are for. */
export function architecture() {
  return architectures[process.arch] ?? process.arch
}

/** Writes the recipe `name` below `directory`, every @WORD@ replaced by its value. */
export function fillRecipe(name, directory, values) {
  const target = join(directory, name)
  mkdirSync(target, { recursive: true })
  const template = readFileSync(join(templates, name, 'peipkg.toml.in'), 'utf8')
  writeFileSync(
    join(target, 'peipkg.toml'),
    template.replace(/@([A-Z]+)@/g, (_, word) => values[word]),
  )
  copyFileSync(join(templates, name, 'build.sh'), join(target, 'build.sh'))
}

/** The source directory of `nodejs`: the executable, and the licence when there is one. */
export function collectNodeSource(node, directory) {
  mkdirSync(directory, { recursive: true })
  copyFileSync(node.executable, join(directory, 'node'))
  if (node.licence !== undefined) copyFileSync(node.licence, join(directory, 'LICENSE'))
}

export function nodeDescription(node) {
  const text = 'JavaScript runtime built on V8'
  return node.licence === undefined ? `${text} (its licence was not found where it was packaged)` : text
}
