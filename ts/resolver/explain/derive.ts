// From facts without solution to a derivation: conclusions in the order in which a person would draw them, and cases.

import { isNegative, positive, variableOf } from '../search/literal.ts'
import type { Fact } from './fact.ts'

/** Conclusions, then the fact that they contradict or the cases in which each way out is closed. */
export interface Derivation {
  readonly conclusions: readonly Conclusion[]
  /** The fact that no literal of can be true any more; with `cases`, the one whose ways out they close. */
  readonly end: Fact
  readonly cases: readonly Case[]
}

/** What a fact makes of what is known already. */
export interface Conclusion {
  readonly fact: Fact
  readonly variable: number
}

export interface Case {
  readonly variable: number
  readonly derivation: Derivation
}

/** Cases drawn before the rest is left out: pigeonholes have no short derivation. */
const MOST_CASES = 300

interface Refutation {
  readonly derivation: Derivation
  /** Variables of the surrounding cases that it rests on. */
  readonly uses: ReadonlySet<number>
}

interface Known {
  /** 1 true, -1 false. */
  readonly values: Map<number, number>
  readonly reasons: Map<number, Fact>
  /** Order of assignment. */
  readonly order: number[]
}

/** Facts by the variables in them. */
type Occurrences = ReadonlyMap<number, readonly Fact[]>

interface Task {
  readonly facts: readonly Fact[]
  readonly occurrences: Occurrences
  cases: number
}

/** A derivation of the contradiction in facts; null where it would be too long to be of use to anybody. */
export function derive(facts: readonly Fact[]): Derivation | null {
  const occurrences = new Map<number, Fact[]>()
  for (const fact of facts) {
    for (const variable of fact.literals.map(variableOf)) {
      const known = occurrences.get(variable)
      if (known === undefined) occurrences.set(variable, [fact])
      else known.push(fact)
    }
  }
  const known = { values: new Map(), reasons: new Map(), order: [] }
  return refute({ facts, occurrences, cases: MOST_CASES }, known, facts)?.derivation ?? null
}

function refute(task: Task, known: Known, fresh: readonly Fact[]): Refutation | null {
  const start = known.order.length
  const broken = conclude(task, known, fresh)
  if (broken !== null) return slice(known, start, broken, [], new Set())
  const choice = narrowest(task.facts, known)
  if (choice === null) return null
  const cases: Case[] = []
  const uses = new Set<number>()
  for (const literal of choice.literals) {
    const variable = variableOf(literal)
    if (isNegative(literal) || known.values.has(variable)) continue
    if (task.cases-- <= 0) return null
    const refutation = refute(task, suppose(known, variable), task.occurrences.get(variable) ?? [])
    if (refutation === null) return null
    // A case that fails whatever it supposes refutes the whole by itself.
    if (!refutation.uses.has(variable)) return within(known, start, refutation)
    cases.push({ variable, derivation: refutation.derivation })
    for (const used of refutation.uses) if (used !== variable) uses.add(used)
  }
  return slice(known, start, choice, cases, uses)
}

function suppose(known: Known, variable: number): Known {
  const values = new Map(known.values).set(variable, 1)
  return { values, reasons: new Map(known.reasons), order: [...known.order] }
}

/**
 * Draws conclusions until a fact is broken or nothing follows. Only forward: from what is in the result to what else has
 * to be or cannot be. That something is not in the result since its needs cannot be met is left to the cases.
 */
function conclude(task: Task, known: Known, fresh: readonly Fact[]): Fact | null {
  const pending = [...fresh]
  for (let at = 0; at < pending.length; at++) {
    const fact = pending[at] as Fact
    const found = consequence(fact, known)
    if (found === 'broken') return fact
    if (found === null) continue
    const variable = variableOf(found)
    known.values.set(variable, isNegative(found) ? -1 : 1)
    known.reasons.set(variable, fact)
    known.order.push(variable)
    for (const touched of task.occurrences.get(variable) ?? []) pending.push(touched)
  }
  return null
}

function consequence({ literals, meaning }: Fact, known: Known): number | 'broken' | null {
  const open: number[] = []
  for (const literal of literals) {
    const value = valueIn(known, literal)
    if (value > 0) return null
    if (value === 0) open.push(literal)
  }
  const only = open[0]
  if (only === undefined) return 'broken'
  if (open.length > 1) return null
  const backward = isNegative(only) && (meaning.kind === 'needs' || meaning.kind === 'requirement')
  return backward ? null : only
}

/** The unmet fact with the fewest ways out. */
function narrowest(facts: readonly Fact[], known: Known): Fact | null {
  let best: Fact | null = null
  let fewest = Number.POSITIVE_INFINITY
  for (const fact of facts) {
    if (fact.literals.some((literal) => valueIn(known, literal) > 0)) continue
    const open = fact.literals.filter((literal) => valueIn(known, literal) === 0)
    if (open.length >= fewest || open.some(isNegative)) continue
    best = fact
    fewest = open.length
  }
  return best
}

/** Keeps of the conclusions drawn since `start` only those that the end and the cases rest on. */
function slice(
  known: Known,
  start: number,
  end: Fact,
  cases: readonly Case[],
  used: ReadonlySet<number>,
): Refutation {
  const needed = new Set(used)
  for (const literal of end.literals) {
    const variable = variableOf(literal)
    if (valueIn(known, positive(variable)) !== 0) needed.add(variable)
  }
  const conclusions: Conclusion[] = []
  for (let at = known.order.length - 1; at >= start; at--) {
    const variable = known.order[at] as number
    if (!needed.delete(variable)) continue
    const fact = known.reasons.get(variable) as Fact
    conclusions.push({ fact, variable })
    for (const literal of fact.literals) if (variableOf(literal) !== variable) needed.add(variableOf(literal))
  }
  return { derivation: { conclusions: conclusions.reverse(), end, cases }, uses: needed }
}

/** A refutation found inside a needless case, told outside of it. */
function within(known: Known, start: number, { derivation, uses }: Refutation): Refutation {
  const outer = slice(known, start, { literals: [], meaning: derivation.end.meaning }, [], uses)
  const conclusions = [...outer.derivation.conclusions, ...derivation.conclusions]
  return { derivation: { ...derivation, conclusions }, uses: outer.uses }
}

function valueIn(known: Known, literal: number): number {
  const value = known.values.get(variableOf(literal)) ?? 0
  return isNegative(literal) ? -value : value
}
