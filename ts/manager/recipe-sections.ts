/** The sections of a recipe that the manager owns, `[upstream]` and `[watch]` (file 9, §6), and what they may hold. */
import { parse, TomlError } from 'smol-toml'
import { durationReason, formatGoDuration, parseGoDuration } from '../config/duration.ts'
import { type KeyPath, locate } from '../config/locate.ts'
import { nearest } from '../config/nearest.ts'
import { isTomlTable, type TomlValues, tomlReason } from '../config/toml-value.ts'
import { PeiError } from '../native/errors.ts'
import { compileTagPattern } from '../native/tag-pattern.ts'
import type { DeclaredPackage, Recipe, TagPattern } from './model.ts'

type Type = 'string' | 'integer' | 'boolean' | 'duration'

const sections = {
  upstream: {
    git: 'string',
    tag_pattern: 'string',
    peios_revision: 'integer',
    submodules: 'boolean',
    min_version: 'string',
  },
  watch: { github_webhook: 'boolean', poll_interval: 'duration' },
} as const satisfies Readonly<Record<string, Readonly<Record<string, Type>>>>

/** A recipe, and the rules that keep it from being watched. */
export interface ReadSections {
  readonly recipe: Recipe
  /** What is wrong, each with its place; none: nothing is. */
  readonly problems: readonly string[]
}

const MINUTE = 60_000

/** Throws PEI_RECIPE_INVALID for what is not TOML, or has values of wrong types: that stops the whole roster. */
export function readSections(id: string, path: string, text: string): ReadSections {
  const document = parseDocument(path, text)
  const upstream = section(document, 'upstream', path, text)
  const watch = section(document, 'watch', path, text)
  const git = (upstream.git ?? '') as string
  const tagPattern = (upstream.tag_pattern ?? '') as string
  const interval =
    watch.poll_interval === undefined ? undefined : parseGoDuration(watch.poll_interval as string)
  const broken: Broken[] = [...unknownKeys(upstream, 'upstream'), ...unknownKeys(watch, 'watch')]
  const pattern = git === '' || tagPattern === '' ? undefined : compile(tagPattern, broken)
  broken.push(...gitRules(git), ...intervalRule(interval))
  return {
    recipe: {
      id,
      path,
      git,
      tagPattern,
      ...(pattern === undefined || broken.length > 0 ? {} : { pattern }),
      peiosRevision: Math.max(1, (upstream.peios_revision ?? 0) as number),
      submodules: (upstream.submodules ?? false) as boolean,
      minVersion: (upstream.min_version ?? '') as string,
      githubWebhook: (watch.github_webhook ?? false) as boolean,
      ...(interval === undefined ? {} : { pollInterval: interval }),
      packages: declaredPackages(document),
    },
    problems: broken.length === 0 ? [] : withPlaces(broken, path, text),
  }
}

interface Broken {
  readonly path: KeyPath
  readonly message: string
}

function parseDocument(path: string, text: string): TomlValues {
  try {
    return parse(text)
  } catch (error) {
    if (!(error instanceof TomlError)) throw error
    throw invalid(`${path}:${error.line}: not valid TOML: ${tomlReason(error)}`)
  }
}

/** One section, whose known keys have their types. An absent one is empty. */
function section(document: TomlValues, name: keyof typeof sections, path: string, text: string): TomlValues {
  const values = Object.hasOwn(document, name) ? document[name] : {}
  const wrong = (at: KeyPath, message: string) => invalid(`${path}:${locate(text, [at])[0]}: ${message}`)
  if (!isTomlTable(values)) throw wrong([name], `[${name}] must be a table`)
  for (const [key, type] of Object.entries(sections[name])) {
    const problem = Object.hasOwn(values, key) ? typeProblem(values[key], type) : undefined
    if (problem !== undefined) throw wrong([name, key], `"${key}" in [${name}] ${problem}`)
  }
  return values
}

function typeProblem(value: unknown, type: Type): string | undefined {
  if (type === 'integer') return Number.isSafeInteger(value) ? undefined : 'must be an integer'
  if (type === 'boolean') return typeof value === 'boolean' ? undefined : 'must be true or false'
  if (typeof value !== 'string')
    return type === 'string' ? 'must be a string' : 'must be a duration in quotes'
  if (type === 'string') return undefined
  const reason = durationReason(value)
  return reason === undefined ? undefined : `is no duration: ${reason}`
}

function invalid(message: string): PeiError {
  return new PeiError('PEI_RECIPE_INVALID', message)
}

function unknownKeys(values: TomlValues, name: keyof typeof sections): readonly Broken[] {
  const known = Object.keys(sections[name])
  return Object.keys(values)
    .filter((key) => !known.includes(key))
    .map((key) => {
      const near = nearest(key, known)
      const hint = near === undefined ? '' : ` (the nearest known key is "${near}")`
      return { path: [name, key], message: `unknown key "${key}" in [${name}]${hint}` }
    })
}

function compile(pattern: string, broken: Broken[]): TagPattern | undefined {
  try {
    return compileTagPattern(pattern)
  } catch (error) {
    if (!(error instanceof PeiError)) throw error
    broken.push({ path: ['upstream', 'tag_pattern'], message: error.message })
    return undefined
  }
}

/** Nothing that git would read as an option, or run as a program (§16.18). */
function gitRules(git: string): readonly Broken[] {
  const refuse = (why: string): readonly Broken[] => [
    { path: ['upstream', 'git'], message: `"git" in [upstream] ${why}` },
  ]
  if (git.startsWith('-')) return refuse('begins with a dash, which git would take for an option')
  if (/[\u0000-\u001f\u007f]/.test(git)) return refuse('holds a control character')
  if (/^[A-Za-z0-9+.-]+::/.test(git)) return refuse('names a transport helper, which git would run')
  return []
}

/** At least a minute; slower than the default is allowed (§16.6). */
function intervalRule(interval: number | undefined): readonly Broken[] {
  if (interval === undefined || interval >= MINUTE) return []
  const given = formatGoDuration(interval)
  const message = `[watch].poll_interval ${given} is less than the 1-minute minimum (use 1m or greater)`
  return [{ path: ['watch', 'poll_interval'], message }]
}

/** Empty when any of them cannot be told: peipkg-build says why. */
function declaredPackages(document: TomlValues): readonly DeclaredPackage[] {
  const stanzas: unknown = Object.hasOwn(document, 'package') ? document.package : []
  if (!Array.isArray(stanzas)) return []
  const declared = stanzas.map((stanza) => {
    const { name, architecture } = isTomlTable(stanza) ? stanza : {}
    return typeof name === 'string' && typeof architecture === 'string' ? { name, architecture } : undefined
  })
  return declared.every((entry) => entry !== undefined) ? declared : []
}

function withPlaces(broken: readonly Broken[], file: string, text: string): readonly string[] {
  const lines = locate(
    text,
    broken.map(({ path }) => path),
  )
  return broken.map(({ message }, index) => `${message} (${file}:${lines[index] ?? 1})`)
}
