// Writes the payload of one planned package into a directory.
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createRandom } from './random.mjs'

/** `version` 2 has other contents, mostly of other sizes, where the plan says `changed`. */
export function stagePackage(one, version, content, directory) {
  for (const file of one.files) {
    const path = join(directory, file.path)
    mkdirSync(dirname(path), { recursive: true })
    const renewed = file.changed && version === 2
    const size = renewed ? changedSize(file) : file.size
    writeFileSync(path, content(file.kind, size, file.path, renewed ? '2' : '1'))
  }
  for (const { path, target } of one.links) symlinkSync(target, join(directory, path))
}

function changedSize({ path, size }) {
  return Math.max(16, Math.round(size * (0.9 + 0.2 * createRandom('size', path).next())))
}
