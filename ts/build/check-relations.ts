/** The relations of a stanza, entry by entry, so that all of their problems are reported together (PSD-009 §4.1). */
import { reasonOf } from '../native/errors.ts'
import { checkName, compareVersions, matchesConstraint } from '../native/identity.ts'
import type { KeyPath, Problem } from '../recipe/problem.ts'
import type { PackageStanza, Provide, Relation } from '../recipe/recipe.ts'

/** Any version will do to find out whether a constraint can be read. */
const ANY_VERSION = '1-1'

/** Their paths start at the stanza. */
export function relationProblems(stanza: PackageStanza): readonly Problem[] {
  const fields = {
    dependencies: stanza.dependencies,
    optional_dependencies: stanza.optionalDependencies,
    conflicts: stanza.conflicts,
    provides: stanza.provides,
    replaces: stanza.replaces,
  }
  return Object.entries(fields).flatMap(([field, entries]) =>
    [
      ...entries.flatMap((entry, index) => entryProblems(entry, [field, index])),
      ...repeated(entries, field),
    ].map(({ path, message }) => ({ path, message: `${field}: ${message}` })),
  )
}

function entryProblems(entry: Relation & Provide, path: KeyPath): readonly Problem[] {
  const { name, constraint, arch, version } = entry
  return [
    ...problemOf([...path, 'name'], () => checkName(name)),
    ...(constraint === undefined
      ? []
      : problemOf([...path, 'constraint'], () => matchesConstraint(ANY_VERSION, constraint))),
    ...(version === undefined
      ? []
      : problemOf([...path, 'version'], () => compareVersions(version, version))),
    ...(arch === undefined || arch === 'any'
      ? []
      : [{ path: [...path, 'arch'], message: `arch of "${name}" can only be "any", not "${arch}"` }]),
  ]
}

function repeated(entries: readonly { readonly name: string }[], field: string): readonly Problem[] {
  const names = entries.map((entry) => entry.name)
  return names.flatMap((name, index) => {
    const isSecond = names.indexOf(name) !== index && names.indexOf(name, names.indexOf(name) + 1) === index
    return isSecond ? [{ path: [field, index], message: `two entries for the name "${name}"` }] : []
  })
}

/** What a check that throws has to say of the key. */
export function problemOf(path: KeyPath, check: () => unknown): readonly Problem[] {
  try {
    check()
    return []
  } catch (error) {
    return [{ path, message: reasonOf(error) }]
  }
}
