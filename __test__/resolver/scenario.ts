// Short ways to ask the resolver and to read its answer.

import type { Plan, Rejection, Resolution } from '../../ts/resolver/plan.ts'
import type { Job, Request } from '../../ts/resolver/request.ts'
import { resolve } from '../../ts/resolver/resolve.ts'
import type { UniverseView } from '../../ts/resolver/universe.ts'
import {
  buildUniverse,
  idOf,
  type PackageDescription,
  type RepositoryDescription,
} from './universe-builder.ts'

export const REPOSITORIES: readonly RepositoryDescription[] = [
  { name: 'official', priority: 10, official: true },
  { name: 'extra', priority: 50 },
  { name: 'weak', priority: 90 },
]

/**
 * Asks in words: `install a`, `install a=2-1`, `file a 1-1`, `upgrade a`, `upgrade`, `remove a`, `autoremove`, `hold a`,
 * `unhold a`, `mark-explicit a`, `mark-dependency a`, `only a b`,
 * `downgrade a=1`, `reinstall a=2-1`, `restore a=1-1`; with `*` after `install`: as a dependency.
 */
export function ask(
  packages: readonly PackageDescription[],
  words: string | readonly string[],
  options: Partial<Omit<Request, 'jobs'>> = {},
): Resolution {
  return askIn(buildUniverse(REPOSITORIES, packages), words, options)
}

export function askIn(
  universe: UniverseView,
  words: string | readonly string[],
  options: Partial<Omit<Request, 'jobs'>> = {},
): Resolution {
  const jobs = [words].flat().map((text) => jobOf(universe, text))
  return resolve(universe, { jobs, cascade: false, unusable: [], ...options })
}

/** The steps as the command line prints them. */
export function plan(packages: readonly PackageDescription[], words: string | readonly string[]): string[] {
  const universe = buildUniverse(REPOSITORIES, packages)
  return stepsOf(universe, expectPlan(askIn(universe, words)))
}

export function stepsOf(universe: UniverseView, { steps }: Plan): string[] {
  return steps.map((step) => {
    const { version, source, repository } = universe.candidates[
      step.candidate
    ] as UniverseView['candidates'][number]
    if (step.kind === 'remove') {
      const cause = step.replacedBy ?? step.conflictsWith
      return `remove ${step.name} ${version}${step.cause === 'requested' ? '' : ` (${step.cause}${cause === undefined ? '' : ` ${cause}`})`}`
    }
    const origin = source === 'local' ? 'local' : universe.repositories[repository]?.name
    const from = step.from === null ? '' : `${universe.candidates[step.from]?.version} -> `
    return `${step.kind} ${step.name} ${from}${version} [${origin}]`
  })
}

/** The marks as the command line prints them. */
export function marksOf({ marks }: Plan): string[] {
  return marks.map(({ kind, name }) => `${kind} ${name}`)
}

export function expectPlan(answer: Resolution): Plan {
  if (answer.kind === 'plan') return answer
  throw new Error(`rejected: ${[answer.summary, ...answer.explanation].join('\n')}`)
}

export function expectRejection(answer: Resolution): Rejection {
  if (answer.kind === 'rejection') return answer
  throw new Error(`a plan: ${answer.steps.map((step) => `${step.kind} ${step.name}`).join(', ')}`)
}

/** Summary and explanation, as one text. */
export function explanation(
  packages: readonly PackageDescription[],
  words: string | readonly string[],
): string {
  const { condition, summary, explanation } = expectRejection(ask(packages, words))
  return [`${condition}: ${summary}`, ...explanation].join('\n')
}

function jobOf(universe: UniverseView, text: string): Job {
  const [verb = '', rest] = text.split(/ (.*)/)
  if (verb === 'upgrade' && rest === undefined) return { kind: 'upgrade-all' }
  if (verb === 'autoremove') return { kind: verb, keep: rest === undefined ? [] : rest.split(' ') }
  if (verb === 'only') return { kind: 'only-explicit', names: (rest ?? '').split(' '), keep: [] }
  if (rest === undefined) throw new Error(`what to ${verb}?`)
  if (verb === 'file') return { kind: 'install-file', candidate: idOf(universe, `local:${rest}`) }
  if (verb === 'upgrade' || verb === 'remove') return { kind: verb, name: rest }
  if (verb === 'hold' || verb === 'unhold') return { kind: verb, name: rest }
  if (verb === 'mark-explicit') return { kind: 'mark', name: rest, reason: 'explicit' }
  if (verb === 'mark-dependency') return { kind: 'mark', name: rest, reason: 'dependency' }
  const [name = '', version] = rest.split('=')
  if (version === undefined) return { kind: 'install', name, asDependency: verb === 'install*' }
  const candidates = universe.candidates.flatMap((candidate, id) =>
    candidate.name === name && (candidate.version === version || candidate.version.startsWith(`${version}-`))
      ? [id]
      : [],
  )
  if (verb === 'downgrade' || verb === 'reinstall' || verb === 'restore') {
    const places = candidates.filter((id) => universe.candidates[id]?.source !== 'installed')
    return { kind: verb, name, version, candidates: places }
  }
  return { kind: 'install', name, asDependency: verb === 'install*', version: { text: version, candidates } }
}
