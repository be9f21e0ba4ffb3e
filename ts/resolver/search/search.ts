// A complete search with conflict learning: decisions come from outside, in order of preference, and are never reordered.

import { analyze, type Conflict } from './analyze.ts'
import { addClause, addLearned, type ClauseStore, dropLearned, LEARNED_LITERALS } from './clause-store.ts'
import { negate, variableOf } from './literal.ts'
import { propagate } from './propagate.ts'
import type { Search } from './state.ts'
import { assign, decide, type Trail, undo, valueAt } from './trail.ts'

/** Chooses what to try next. Its answers must depend on what is assigned only. */
export interface Decider {
  /** Literals that are all false though one must be true, one of the newest level among them; null where nothing is wrong. */
  objection(trail: Trail): readonly number[] | null
  /** The literal to make true, {@link COMPLETE}, or {@link UNACCEPTABLE}: no result with these decisions will do. */
  next(trail: Trail): number
  /** A decision follows: what was noted so far belongs to this level. */
  mark(): void
  /** Forget what was noted above this level. */
  backtrack(level: number): void
}

export const COMPLETE = -1
export const UNACCEPTABLE = -2

export type Outcome =
  | { readonly kind: 'found' }
  | { readonly kind: 'exhausted' }
  | { readonly kind: 'impossible'; readonly conflict: Conflict }

/**
 * Runs to the end. When every decision is the most preferred option that is still open, the result found is the
 * lexicographically best one: a learned clause only excludes what the decisions before it exclude already.
 */
export function run(search: Search, decider: Decider): Outcome {
  const { trail, clauses, effort } = search
  const contradiction = addGiven(search)
  if (contradiction !== null) return { kind: 'impossible', conflict: contradiction }
  for (;;) {
    let conflict = propagate(search)
    if (effort.steps > effort.limit) return { kind: 'exhausted' }
    const objection = conflict === null ? decider.objection(trail) : null
    if (objection !== null) conflict = { literals: objection, source: 'objection' }
    if (conflict === null) {
      const choice = decider.next(trail)
      if (choice === COMPLETE) return { kind: 'found' }
      if (choice !== UNACCEPTABLE) {
        decider.mark()
        decide(trail, choice)
        continue
      }
      const decisions = trail.levelStarts.map((start) => negate(trail.literals[start] as number))
      conflict = { literals: decisions, source: 'objection' }
    }
    if (trail.levelStarts.length === 0) return { kind: 'impossible', conflict }
    const learned = analyze(search, conflict)
    undo(trail, learned.level)
    decider.backtrack(learned.level)
    const id = addLearned(clauses, learned.literals)
    assign(trail, learned.literals[0] as number, id, -1)
    if (clauses.learnedLiterals > LEARNED_LITERALS)
      dropLearned(clauses, (clause) => isReason(trail, clauses, clause))
  }
}

/** Adds the given clauses; returns the first that is false at once. */
function addGiven(search: Search): Conflict | null {
  const { trail, clauses, constraints } = search
  for (const literals of constraints.clauses) {
    const id = addClause(clauses, literals)
    if (literals.length > 1) continue
    const only = literals[0]
    if (only === undefined || valueAt(trail, only) < 0) return { literals, source: id }
    if (valueAt(trail, only) === 0) assign(trail, only, id, -1)
  }
  clauses.firstLearned = clauses.offsets.size
  return null
}

/** A clause that implied a literal holds it in first place. */
function isReason(trail: Trail, clauses: ClauseStore, id: number): boolean {
  const first = clauses.arena.values[clauses.offsets.values[id] as number] as number
  return valueAt(trail, first) > 0 && trail.reasons[variableOf(first)] === id
}
