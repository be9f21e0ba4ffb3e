import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Plan } from '../../ts/resolver/plan.ts'
import type { Job, Request } from '../../ts/resolver/request.ts'
import { resolve } from '../../ts/resolver/resolve.ts'
import type { UniverseView } from '../../ts/resolver/universe.ts'
import { combinations, judge } from './brute-force.ts'
import { buildUniverse, labelOf, type PackageDescription } from './universe-builder.ts'

const REPOSITORIES = [
  { name: 'official', priority: 10, official: true },
  { name: 'extra', priority: 50 },
  { name: 'more', priority: 50 },
]
const NAMES = ['aa', 'bb', 'cc', 'dd', 'ee', 'ff', 'gg']
const name = fc.constantFrom(...NAMES)
const anyName = fc.constantFrom(...NAMES, 'v1', 'v1', 'v1', 'v2', 'v2')
const version = fc.constantFrom('1-1', '2-1', '3-1')
const relation = fc.oneof(
  anyName,
  fc
    .tuple(anyName, fc.constantFrom('=', '!=', '<', '<=', '>', '>='), version)
    .map((parts) => parts.join(' ')),
)
const provide = fc.oneof(
  fc.constantFrom('v1', 'v2'),
  fc
    .tuple(fc.constantFrom('v1', 'v1', 'v1', 'v2', 'v2', ...NAMES), version)
    .map(([name, version]) => `${name} = ${version}`),
)
const seldom = { maxLength: 1, size: 'xsmall' } as const
const described = fc.record({
  name,
  version,
  arch: fc.constantFrom('x86_64', 'x86_64', 'x86_64', 'noarch'),
  from: fc.constantFrom('official', 'official', 'extra', 'more'),
  archived: fc.constantFrom(false, false, false, false, true),
  needs: fc.uniqueArray(relation, { maxLength: 3, selector: (text) => text.split(' ')[0] }),
  conflicts: fc.array(relation, seldom),
  replaces: fc.array(relation, seldom),
  provides: fc.uniqueArray(provide, { maxLength: 2, selector: (text) => text.split(' ')[0] }),
})
const installedPackage = fc.record({
  ...{ name, version, arch: fc.constantFrom('x86_64', 'x86_64', 'noarch'), from: fc.constant('installed') },
  origin: fc.constantFrom('official', 'extra', 'gone', null),
  held: fc.constantFrom(false, false, false, false, false, true),
  needs: fc.uniqueArray(relation, { maxLength: 2, selector: (text) => text.split(' ')[0] }),
  conflicts: fc.array(relation, seldom),
  provides: fc.array(provide, seldom),
})
const file = fc.record({ name, version, from: fc.constant('local'), needs: fc.array(relation, seldom) })
const universes = fc
  .tuple(
    fc.uniqueArray(described, {
      maxLength: 12,
      selector: (one) => `${one.name} ${one.from} ${one.archived} ${one.archived ? one.version : ''}`,
    }),
    fc.uniqueArray(installedPackage, { maxLength: 5, selector: (one) => one.name }),
    fc.array(file, { maxLength: 1, size: 'xsmall' }),
  )
  .map(([offered, installed, files]) =>
    buildUniverse(REPOSITORIES, [...offered, ...installed, ...files] as PackageDescription[]),
  )
  .filter((universe) => combinations(universe) <= 3000)

type JobIdea = { readonly kind: Job['kind']; readonly name: string; readonly version: string | null }
const jobIdea: fc.Arbitrary<JobIdea> = fc.record({
  kind: fc.constantFrom<Job['kind']>('install', 'install', 'install', 'upgrade', 'upgrade-all', 'remove'),
  name: anyName,
  version: fc.constantFrom(null, null, null, '1-1', '2-1'),
})

test('a plan is returned exactly when a valid result exists, and it is the preferred one', () => {
  let found = 0
  let refused = 0
  const property = fc.property(
    universes,
    fc.array(jobIdea, { minLength: 1, maxLength: 3 }),
    fc.boolean(),
    fc.constantFrom([], [], [{ name: 'gone', priority: 30 }]),
    (universe, ideas, cascade, unusable) => {
      const request = { ...requestOf(universe, ideas, cascade), unusable }
      fc.pre(request.jobs.length > 0)
      const expected = judge(universe, request)
      const answer = resolve(universe, request)
      if (answer.kind === 'rejection') {
        refused++
        expect([answer.summary, ...answer.explanation].join('\n')).not.toMatch(
          /undefined|something|\bnull\b|what was asked/,
        )
        expect({ ...answer, valid: expected.preferred?.map((id) => labelOf(universe, id)) ?? null }).toEqual({
          ...answer,
          valid: null,
        })
      } else {
        found++
        expect(labels(universe, resultOf(universe, answer))).toEqual(labels(universe, expected.preferred))
        expectOrdered(universe, answer)
      }
    },
  )
  fc.assert(property, { numRuns: Number(process.env.PEIPKG_PROPERTY_RUNS ?? 3000) })
  expect(found).toBeGreaterThan(refused / 10)
  expect(refused).toBeGreaterThan(found / 10)
})

function labels(universe: UniverseView, ids: readonly number[] | null): string[] | null {
  return ids?.map((id) => labelOf(universe, id)) ?? null
}

/** Jobs that make sense: only installed packages are removed and upgraded, each name once; a local file is asked for. */
function requestOf(universe: UniverseView, ideas: readonly JobIdea[], cascade: boolean): Request {
  const used = new Set<string>()
  const jobs = ideas.flatMap((idea): Job[] => {
    const named = universe.candidates.flatMap((candidate, id) => (candidate.name === idea.name ? [id] : []))
    const installed = named.some((id) => universe.candidates[id]?.source === 'installed')
    if (idea.kind === 'upgrade-all') return [{ kind: 'upgrade-all' }]
    if (idea.kind !== 'install' && !installed) return []
    if (used.has(idea.name)) return []
    used.add(idea.name)
    if (idea.kind !== 'install') return [{ kind: idea.kind, name: idea.name } as Job]
    if (idea.version === null || named.length === 0) return [{ kind: 'install', name: idea.name }]
    const candidates = named.filter((id) => universe.candidates[id]?.version === idea.version)
    return [{ kind: 'install', name: idea.name, version: { text: idea.version, candidates } }]
  })
  universe.candidates.forEach((candidate, id) => {
    if (candidate.source === 'local' && !used.has(candidate.name))
      jobs.push({ kind: 'install-file', candidate: id })
  })
  return { jobs, cascade, unusable: [] }
}

function resultOf(universe: UniverseView, plan: Plan): number[] {
  const changed = new Set(plan.steps.map((step) => step.name))
  const kept = universe.candidates.flatMap((candidate, id) =>
    candidate.source === 'installed' && !changed.has(candidate.name) ? [id] : [],
  )
  const placed = plan.steps.flatMap((step) => (step.kind === 'remove' ? [] : [step.candidate]))
  return [...kept, ...placed].sort((left, right) => left - right)
}

/** Every dependency of a step is there before it, or is part of a cycle with it. */
function expectOrdered(universe: UniverseView, plan: Plan): void {
  const result = new Set(resultOf(universe, plan))
  const place = new Map(plan.steps.map((step, at) => [step.name, at]))
  const before = new Map<number, number[]>()
  plan.steps.forEach((step, at) => {
    if (step.kind === 'remove') return
    const needs = universe.candidates[step.candidate]?.dependencies ?? []
    const sources = needs.flatMap((need) => {
      const satisfiers = universe.requirements[need]?.satisfiers.filter((id) => result.has(id)) ?? []
      if (satisfiers.some((id) => universe.candidates[id]?.source === 'installed' || id === step.candidate))
        return []
      return satisfiers.map((id) => place.get(universe.candidates[id]?.name ?? '') ?? -1)
    })
    before.set(at, sources)
  })
  for (const [at, sources] of before) {
    for (const source of sources) {
      if (source > at) expect(leadsTo(before, source, at), `step ${source} after ${at}`).toBe(true)
    }
  }
}

function leadsTo(before: ReadonlyMap<number, readonly number[]>, from: number, to: number): boolean {
  const seen = new Set([from])
  for (const at of seen) {
    if (at === to) return true
    for (const source of before.get(at) ?? []) seen.add(source)
  }
  return false
}
