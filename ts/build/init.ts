/** A recipe to start from: it builds at once, from any source tree. */
import { readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { makeDirectories } from '../config/make-directories.ts'
import { PeiError } from '../native/errors.ts'
import { checkName } from '../native/identity.ts'

/** Creates `directory` with the recipe of a package `name`; returns the files. The directory must be empty or absent. */
export function init(name: string, directory: string): readonly string[] {
  checkName(name)
  const target = resolve(directory)
  const created = makeDirectories(target)
  if (readdirSync(target).length > 0) {
    throw new PeiError(
      'PEI_IO',
      `${target} is not empty: a new recipe needs a directory of its own (see --out)`,
    )
  }
  const files: readonly (readonly [string, string])[] = [
    [join(target, 'peipkg.toml'), recipeText(name)],
    [join(target, 'build.sh'), scriptText(name)],
  ]
  const written: string[] = []
  try {
    for (const [path, text] of files) {
      writeFileSync(path, text, { flag: 'wx' })
      written.push(path)
    }
  } catch (error) {
    for (const path of written) rmSync(path)
    if (created !== undefined) rmSync(created, { recursive: true })
    throw error
  }
  return written
}

function recipeText(name: string): string {
  return `# How peipkg-build makes the package ${name}. All keys: docs/recipes.md.

[meta]
build_script = "build.sh"
license = "MIT"                                # SPDX: say what is true
# homepage = "https://example.org/${name}"

[[package]]
name = "${name}"
architecture = "noarch"                        # or x86_64, aarch64
description = "One line that says what ${name} is"
files = ["usr/share/doc/${name}/**"]           # below $DESTDIR; every file belongs to exactly one [[package]]
# dependencies = [{ name = "libfoo", constraint = ">= 1.2" }]

# For the build farm: which tags of which repository are built.
# [upstream]
# git = "https://example.org/${name}.git"
# tag_pattern = '^v(\\d+\\.\\d+\\.\\d+)$'
`
}

function scriptText(name: string): string {
  return `# Run as "sh build.sh" in a fresh empty directory. $SOURCE_DIR is the source tree, $DESTDIR what is packaged,
# SOURCE_DATE_EPOCH the time of the build: nothing else may find its way into the files.
set -eu

# Such as:
#   cp -a "$SOURCE_DIR/." . && make PREFIX=/usr && make PREFIX=/usr DESTDIR="$DESTDIR" install

mkdir -p "$DESTDIR/usr/share/doc/${name}"
printf '%s\\n' '${name} was packaged by peipkg-build.' > "$DESTDIR/usr/share/doc/${name}/README"
`
}
