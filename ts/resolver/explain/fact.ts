// The facts behind a rejection, reduced to a set of which every one is needed.

import { declaresConflict, type Meaning, type Problem } from '../problem.ts'
import type { Conflict } from '../search/analyze.ts'
import { coreOf } from '../search/core.ts'
import { createEffort, type Effort } from '../search/effort.ts'
import { isNegative, negative, variableOf } from '../search/literal.ts'
import { COMPLETE, type Decider, run } from '../search/search.ts'
import { createSearch, type Search } from '../search/state.ts'
import type { Trail } from '../search/trail.ts'

/** A clause with what it says. */
export interface Fact {
  readonly literals: readonly number[]
  readonly meaning: Meaning | PairMeaning
}

/** What two candidates, or a candidate and a requirement, have to do with each other. */
type PairMeaning =
  | { readonly kind: 'needs'; readonly candidate: number; readonly requirement: number }
  | { readonly kind: 'one-version'; readonly candidates: readonly [number, number] }
  | { readonly kind: 'conflict'; readonly candidates: readonly [number, number] }
  | { readonly kind: 'replaces'; readonly candidates: readonly [number, number] }
  | { readonly kind: 'gone'; readonly candidate: number }

/** Steps that reducing may take, beyond which the facts stay as they are: longer than needed, never wrong. */
const REDUCING_STEPS = 300_000
/** Facts beyond which they are not tried one by one. */
const MOST_FACTS = 500
/** Facts beyond which they are told as the search met them: a second search over so many would cost as much as the first. */
const MOST_SEARCHED = 10_000

/**
 * The facts that together have no solution. Null where they do have one: then results were refused for putting in place
 * what nothing needs, and the facts alone do not tell.
 */
export function factsOf(problem: Problem, search: Search, conflict: Conflict): Fact[] | null {
  const core = coreOf(search, conflict)
  const facts = [
    ...core.clauses.map((id): Fact => {
      return { literals: problem.clauses[id] as readonly number[], meaning: problem.meanings[id] as Meaning }
    }),
    ...core.pairs.map((pair): Fact => ({ literals: pair, meaning: pairMeaning(problem, pair) })),
  ]
  if (facts.length > MOST_SEARCHED) return facts
  const effort = createEffort(REDUCING_STEPS)
  const first = contradictory(facts, effort)
  if (first === 'consistent') return null
  return first === 'unknown' ? facts : reduce(first, effort)
}

/** Leaves out one fact after the other, those first that say the least to a person. */
function reduce(facts: readonly Fact[], effort: Effort): Fact[] {
  let kept = [...facts]
  if (kept.length > MOST_FACTS) return kept
  const order = [...kept].sort((left, right) => weight(left) - weight(right))
  for (const fact of order) {
    if (!kept.includes(fact)) continue
    const without = contradictory(
      kept.filter((other) => other !== fact),
      effort,
    )
    if (without === 'unknown') return kept
    if (without !== 'consistent') kept = without
  }
  return kept
}

function weight({ meaning }: Fact): number {
  const order: Fact['meaning']['kind'][] = [
    'no-removal',
    'justify',
    'gone',
    'replaces',
    'conflict',
    'keep',
    'one-version',
  ]
  const at = order.indexOf(meaning.kind)
  return at < 0 ? order.length : at
}

/** The facts, in their order, that already contradict each other. */
function contradictory(facts: readonly Fact[], effort: Effort): Fact[] | 'consistent' | 'unknown' {
  const renamed = new Map<number, number>()
  const rename = (literal: number): number => {
    const variable = variableOf(literal)
    const known = renamed.get(variable) ?? renamed.size
    renamed.set(variable, known)
    return (known << 1) | (literal & 1)
  }
  const clauses = facts.map(({ literals }) => literals.map(rename))
  const search = createSearch({ variables: renamed.size, clauses, implied: () => 0 }, effort)
  const outcome = run(search, firstOpenFalse(renamed.size))
  if (outcome.kind === 'found') return 'consistent'
  if (outcome.kind === 'exhausted') return 'unknown'
  return coreOf(search, outcome.conflict).clauses.map((id) => facts[id] as Fact)
}

function firstOpenFalse(variables: number): Decider {
  return {
    objection: () => null,
    next(trail: Trail): number {
      for (let variable = 0; variable < variables; variable++) {
        if (trail.values[variable] === 0) return negative(variable)
      }
      return COMPLETE
    },
    mark() {},
    backtrack() {},
  }
}

function pairMeaning(problem: Problem, pair: readonly [number, number]): PairMeaning {
  const { model } = problem
  const candidates = model.universe.candidates.length
  const [first, second] = pair.map(variableOf) as [number, number]
  const needed = isNegative(pair[0]) ? pair[1] : pair[0]
  if (!isNegative(needed)) {
    const candidate = variableOf(pair[0] === needed ? pair[1] : pair[0])
    return { kind: 'needs', candidate, requirement: variableOf(needed) - candidates }
  }
  if (first >= candidates || second >= candidates) return { kind: 'gone', candidate: Math.min(first, second) }
  if (model.nameOf[first] === model.nameOf[second])
    return { kind: 'one-version', candidates: [first, second] }
  if (declaresConflict(model, first, second)) return { kind: 'conflict', candidates: [first, second] }
  if (declaresConflict(model, second, first)) return { kind: 'conflict', candidates: [second, first] }
  const replacing =
    model.universe.candidates[first]?.source === 'installed' ? [second, first] : [first, second]
  return { kind: 'replaces', candidates: replacing as [number, number] }
}
