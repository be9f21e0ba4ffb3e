/** The shape of a recipe: which sections and keys there are, and their types. */
import { isAbsolute, join } from 'node:path'
import type { KeyPath, Problem } from './problem.ts'
import type {
  Dependency,
  PackageStanza,
  Provide,
  Recipe,
  Relation,
  SdOverride,
  SignStanza,
} from './recipe.ts'
import {
  openTable,
  openTables,
  optionalFlag,
  optionalText,
  optionalTexts,
  requiredText,
  requiredTexts,
  type Table,
} from './table.ts'

/** The top-level sections of peipkg-build. */
const OWN = ['meta', 'package', 'sign']
const META = ['build_script', 'license', 'homepage', 'source']
const PACKAGE = [
  'name',
  'architecture',
  'files',
  'description',
  'dependencies',
  'optional_dependencies',
  'conflicts',
  'provides',
  'replaces',
  'side_effects',
  'sd_overrides',
]
const RELATION = ['name', 'constraint', 'arch']
const DEPENDENCY = [...RELATION, 'same_build']
const PROVIDE = ['name', 'version']
const SD_OVERRIDE = ['path', 'sddl', 'sd']
const SIDE_EFFECTS = ['ldconfig', 'depmod', 'man-db']
const SIGN = ['path', 'key']

/** Reads the sections that peipkg-build owns. The recipe is of use only when no problem was added. */
export function shapeRecipe(
  document: Readonly<Record<string, unknown>>,
  directory: string,
  problems: Problem[],
): Recipe {
  const meta = openTable(document.meta ?? {}, ['meta'], '[meta]', META, problems)
  return {
    file: join(directory, 'peipkg.toml'),
    directory,
    buildScript: meta === undefined ? '' : buildScript(meta, directory),
    license: meta === undefined ? '' : (optionalText(meta, 'license') ?? ''),
    homepage: meta === undefined ? '' : (optionalText(meta, 'homepage') ?? ''),
    source: meta === undefined ? '' : (optionalText(meta, 'source') ?? ''),
    packages: packages(document, problems),
    sign: signStanzas(document, problems),
    otherSections: Object.fromEntries(Object.entries(document).filter(([key]) => !OWN.includes(key))),
  }
}

function buildScript(meta: Table, directory: string): string {
  const script = requiredText(meta, 'build_script')
  const path = [...meta.path, 'build_script']
  if (meta.values.build_script === '') {
    meta.problems.push({ path, message: '"build_script" in [meta] is empty' })
  } else if (isAbsolute(script)) {
    meta.problems.push({
      path,
      message: `"build_script" in [meta] must be relative to the recipe, not "${script}"`,
    })
  }
  return join(directory, script)
}

function packages(
  document: Readonly<Record<string, unknown>>,
  problems: Problem[],
): readonly PackageStanza[] {
  const entries = stanzas(document, 'package', problems)
  if (document.package === undefined || (Array.isArray(document.package) && entries.length === 0)) {
    problems.push({ path: [], message: 'the recipe needs at least one [[package]]' })
  }
  const result = entries.flatMap((entry) => packageStanza(entry.value, entry.path, problems) ?? [])
  checkUniqueNames(result, problems)
  checkSameBuild(result, problems)
  return result
}

function packageStanza(value: unknown, path: KeyPath, problems: Problem[]): PackageStanza | undefined {
  const table = openTable(value, path, packageTitle(value, path), PACKAGE, problems)
  if (table === undefined) return undefined
  return {
    name: requiredText(table, 'name'),
    architecture: requiredText(table, 'architecture'),
    files: requiredTexts(table, 'files'),
    description: optionalText(table, 'description') ?? '',
    dependencies: openTables(table, 'dependencies', DEPENDENCY).map(dependency),
    optionalDependencies: openTables(table, 'optional_dependencies', DEPENDENCY).map(dependency),
    conflicts: openTables(table, 'conflicts', RELATION).map(relation),
    replaces: openTables(table, 'replaces', RELATION).map(relation),
    provides: openTables(table, 'provides', PROVIDE).map(provide),
    sideEffects: sideEffects(table),
    sdOverrides: openTables(table, 'sd_overrides', SD_OVERRIDE).flatMap((entry) => sdOverride(entry) ?? []),
  }
}

/** From the closed set of PSD-009 §4.3, each once: said here, where the line is known. */
function sideEffects(table: Table): readonly string[] {
  const effects = optionalTexts(table, 'side_effects')
  for (const [index, effect] of effects.entries()) {
    const path = [...table.path, 'side_effects', index]
    const known = SIDE_EFFECTS.includes(effect)
    const problem = known ? 'is there twice' : `is not one of ${SIDE_EFFECTS.join(', ')}`
    if (known && effects.indexOf(effect) === index) continue
    table.problems.push({ path, message: `side effect "${effect}" in ${table.title} ${problem}` })
  }
  return effects
}

/** `[[package]] "nginx"`, or its place in the file when it has no name. */
function packageTitle(value: unknown, path: KeyPath): string {
  const name = (value as { name?: unknown } | null)?.name
  return typeof name === 'string' ? `[[package]] "${name}"` : `[[package]] number ${Number(path[1]) + 1}`
}

function relation(table: Table): Relation {
  const constraint = optionalText(table, 'constraint')
  const arch = optionalText(table, 'arch')
  return {
    name: requiredText(table, 'name'),
    ...(constraint === undefined ? {} : { constraint }),
    ...(arch === undefined ? {} : { arch }),
  }
}

function dependency(table: Table): Dependency {
  const result = { ...relation(table), sameBuild: optionalFlag(table, 'same_build') }
  if (result.sameBuild && result.constraint !== undefined) {
    table.problems.push({
      path: [...table.path, 'constraint'],
      message: `"${result.name}" in ${table.title} has both same_build and constraint: remove one`,
    })
  }
  return result
}

function provide(table: Table): Provide {
  const version = optionalText(table, 'version')
  return { name: requiredText(table, 'name'), ...(version === undefined ? {} : { version }) }
}

function sdOverride(table: Table): SdOverride | undefined {
  const path = requiredText(table, 'path')
  const sddl = optionalText(table, 'sddl')
  const sd = optionalText(table, 'sd')
  if (sddl !== undefined && sd === undefined) return { path, sddl }
  if (sd !== undefined && sddl === undefined) return { path, sd }
  table.problems.push({
    path: table.path,
    message: `"${path}" in ${table.title} needs either "sddl" or "sd"${sd === undefined ? '' : ', not both'}`,
  })
  return undefined
}

function signStanzas(
  document: Readonly<Record<string, unknown>>,
  problems: Problem[],
): readonly SignStanza[] {
  const result = stanzas(document, 'sign', problems).flatMap(
    (entry) => signStanza(entry.value, entry.path, problems) ?? [],
  )
  checkUniqueSigned(result, problems)
  return result
}

function signStanza(value: unknown, path: KeyPath, problems: Problem[]): SignStanza | undefined {
  const table = openTable(value, path, '[[sign]]', SIGN, problems)
  if (table === undefined) return undefined
  const stanza = { path: requiredText(table, 'path'), key: requiredText(table, 'key') }
  const segments = stanza.path.split('/')
  if (stanza.path !== '' && segments.some((segment) => ['', '.', '..'].includes(segment))) {
    const message = `"path" in [[sign]] must be a path below $DESTDIR such as "usr/bin/tool", not "${stanza.path}"`
    problems.push({ path: [...path, 'path'], message })
  }
  return stanza
}

/** A file has room for one signature. */
function checkUniqueSigned(stanzas: readonly SignStanza[], problems: Problem[]): void {
  for (const [index, { path }] of stanzas.entries()) {
    if (path === '' || stanzas.findIndex((other) => other.path === path) === index) continue
    problems.push({ path: ['sign', index, 'path'], message: `[[sign]] of "${path}" is there twice` })
  }
}

function checkUniqueNames(stanzas: readonly PackageStanza[], problems: Problem[]): void {
  const seen = new Set<string>()
  for (const [index, { name }] of stanzas.entries()) {
    if (name !== '' && seen.has(name)) {
      problems.push({ path: ['package', index, 'name'], message: `[[package]] "${name}" is there twice` })
    }
    seen.add(name)
  }
}

/** `same_build` pins to the version of this build, which only a sibling has. */
function checkSameBuild(stanzas: readonly PackageStanza[], problems: Problem[]): void {
  const names = new Set(stanzas.map((stanza) => stanza.name))
  for (const [index, stanza] of stanzas.entries()) {
    const fields = { dependencies: stanza.dependencies, optional_dependencies: stanza.optionalDependencies }
    for (const [field, dependencies] of Object.entries(fields)) {
      for (const [position, { name, sameBuild }] of dependencies.entries()) {
        if (!sameBuild || (names.has(name) && name !== stanza.name)) continue
        problems.push({
          path: ['package', index, field, position],
          message: `same_build of "${name}" in [[package]] "${stanza.name}": no other [[package]] of this recipe has that name`,
        })
      }
    }
  }
}

/** The entries of a top-level array of tables, `[[key]]`. */
function stanzas(
  document: Readonly<Record<string, unknown>>,
  key: string,
  problems: Problem[],
): readonly { value: unknown; path: KeyPath }[] {
  const value = document[key]
  if (value === undefined) return []
  if (!Array.isArray(value)) {
    problems.push({ path: [key], message: `[${key}] must be written [[${key}]]` })
    return []
  }
  return value.map((entry, index) => ({ value: entry, path: [key, index] }))
}
