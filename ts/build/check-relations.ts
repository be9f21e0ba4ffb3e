/** The relations of a stanza, entry by entry, so that all of their problems are reported together (PSD-009 §4.1). */
import { reasonOf } from '../native/errors.ts'
import { checkName, compareVersions, matchesConstraint } from '../native/identity.ts'
import type { PackageStanza, Provide, Relation } from '../recipe/recipe.ts'

/** Any version will do to find out whether a constraint can be read. */
const ANY_VERSION = '1-1'

export function relationProblems(stanza: PackageStanza): readonly string[] {
  const fields = {
    dependencies: stanza.dependencies,
    optional_dependencies: stanza.optionalDependencies,
    conflicts: stanza.conflicts,
    provides: stanza.provides,
    replaces: stanza.replaces,
  }
  return Object.entries(fields).flatMap(([field, entries]) =>
    [...entries.flatMap(entryProblems), ...repeated(entries)].map((problem) => `${field}: ${problem}`),
  )
}

function entryProblems(entry: Relation & Provide): readonly string[] {
  const { name, constraint, arch, version } = entry
  return [
    ...problemOf(() => checkName(name)),
    ...(constraint === undefined ? [] : problemOf(() => matchesConstraint(ANY_VERSION, constraint))),
    ...(version === undefined ? [] : problemOf(() => compareVersions(version, version))),
    ...(arch === undefined || arch === 'any' ? [] : [`arch of "${name}" can only be "any", not "${arch}"`]),
  ]
}

function repeated(entries: readonly { readonly name: string }[]): readonly string[] {
  const names = entries.map((entry) => entry.name)
  const twice = new Set(names.filter((name, index) => names.indexOf(name) !== index))
  return [...twice].map((name) => `two entries for the name "${name}"`)
}

/** What a check that throws has to say. */
export function problemOf(check: () => unknown): readonly string[] {
  try {
    check()
    return []
  } catch (error) {
    return [reasonOf(error)]
  }
}
