/** What is to be packed after the script ran: who gets which path, and whether every rule is kept. */
import { lstatSync } from 'node:fs'
import { PeiError } from '../native/errors.ts'
import { checkPackage, matchGlobs, scanStaged } from '../native/packages.ts'
import { sddlToDescriptor } from '../native/signature.ts'
import { type BuildIdentity, manifestDraft } from '../recipe/manifest-draft.ts'
import type { Recipe } from '../recipe/recipe.ts'
import { partition } from './partition.ts'

/** A stanza with all that packing it needs. */
export interface Draft {
  readonly name: string
  readonly fileName: string
  readonly manifest: string
  readonly paths: string[]
  /** Bytes of its files. */
  readonly size: number
}

/** Partitions what was staged and checks every package of it; all problems are reported together. */
export async function draftPackages(
  recipe: Recipe,
  identity: BuildIdentity,
  destdir: string,
  warn: (text: string) => void,
): Promise<readonly Draft[]> {
  const staged = await scanStaged(destdir)
  const sizes = new Map(staged.map((entry) => [entry.path, entry.size]))
  const parts = partition(recipe.packages, staged, matchGlobs)
  const drafts = recipe.packages.map((stanza, index) => ({
    name: stanza.name,
    fileName: `${stanza.name}_${identity.version}_${stanza.architecture}.peipkg`,
    manifest: JSON.stringify(manifestDraft(recipe, stanza, identity, sddlToDescriptor)),
    paths: [...(parts.claims[index] ?? [])],
    size: (parts.claims[index] ?? []).reduce((sum, path) => sum + (sizes.get(path) ?? 0), 0),
  }))
  const problems = [...parts.problems]
  for (const warning of parts.warnings) warn(warning)
  for (const { name, manifest, paths } of drafts) {
    const found = await checkPackage({ manifest, staged: destdir, paths, out: '' })
    problems.push(...found.errors.map((text) => `[[package]] "${name}": ${text}`))
    for (const text of found.warnings) warn(`[[package]] "${name}": ${text}`)
  }
  refuse(problems, recipe)
  return drafts
}

/** What stands there after the script has to be the directory that was there before. */
export function checkDestdir(destdir: string): void {
  if (lstatSync(destdir, { throwIfNoEntry: false })?.isDirectory()) return
  throw new PeiError('PEI_BUILD_SCRIPT', 'the build script removed or replaced $DESTDIR')
}

/** Throws PEI_BUILD_REFUSED with all problems, one a line, if there are any. */
export function refuse(problems: readonly string[], recipe: Recipe): void {
  if (problems.length === 0) return
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`
  throw new PeiError(
    'PEI_BUILD_REFUSED',
    [...problems, `${recipe.file}: ${count}; nothing was written`].join('\n'),
  )
}
