// Learns from a conflict: the clause of the first unique implication point, and the level to return to.

import type { ClauseStore } from './clause-store.ts'
import { look } from './effort.ts'
import { negate, variableOf } from './literal.ts'
import { beginLearned, noteClause, notePair, noteRoot, type Proof } from './proof.ts'
import type { Search } from './state.ts'
import { DECISION, IMPLIED, type Trail } from './trail.ts'

/** A clause whose literals are all false. */
export interface Conflict {
  readonly literals: readonly number[]
  /** The id of a stored clause; `pair`: a computed one; `objection`: the decider's. */
  readonly source: number | 'pair' | 'objection'
}

export interface Learned {
  /** The literal that becomes true first, one of the level returned to second. */
  readonly literals: readonly number[]
  readonly level: number
}

export function analyze(search: Search, conflict: Conflict): Learned {
  const { trail, clauses, proof, effort } = search
  const level = trail.levelStarts.length
  const seen = new Set<number>()
  const below: number[] = []
  let open = 0
  beginLearned(proof)
  noteConflict(proof, conflict)
  const note = (literal: number): void => {
    const variable = variableOf(literal)
    if (seen.has(variable)) return
    seen.add(variable)
    if (trail.levels[variable] === 0) noteRoot(proof, variable)
    else if (trail.levels[variable] === level) open++
    else below.push(literal)
  }
  for (const literal of conflict.literals) note(literal)
  let at = trail.size - 1
  for (;;) {
    while (!seen.has(variableOf(trail.literals[at] as number))) at--
    const literal = trail.literals[at] as number
    at--
    open--
    if (open === 0) {
      return finish(trail, negate(literal), minimize(search, below, seen))
    }
    noteReason(proof, trail, literal)
    look(effort, forEachAntecedent(trail, clauses, literal, note))
  }
}

/** Drops literals that the others imply. */
function minimize(search: Search, below: readonly number[], seen: ReadonlySet<number>): number[] {
  const { trail, clauses, proof, effort } = search
  return below.filter((literal) => {
    const variable = variableOf(literal)
    if (trail.reasons[variable] === DECISION) return true
    let implied = true
    const looks = forEachAntecedent(trail, clauses, negate(literal), (antecedent) => {
      const other = variableOf(antecedent)
      if (!seen.has(other) && trail.levels[other] !== 0) implied = false
    })
    look(effort, looks)
    if (!implied) return true
    noteReason(proof, trail, negate(literal))
    forEachAntecedent(trail, clauses, negate(literal), (antecedent) => {
      if (trail.levels[variableOf(antecedent)] === 0) noteRoot(proof, variableOf(antecedent))
    })
    return false
  })
}

function finish(trail: Trail, asserted: number, below: number[]): Learned {
  let highest = 0
  below.forEach((literal, at) => {
    const level = trail.levels[variableOf(literal)] as number
    if (level > (trail.levels[variableOf(below[highest] as number)] as number)) highest = at
  })
  const first = below[highest]
  if (first === undefined) return { literals: [asserted], level: 0 }
  below[highest] = below[0] as number
  below[0] = first
  return { literals: [asserted, ...below], level: trail.levels[variableOf(first)] as number }
}

/** Calls back with each false literal that made `literal` true. Returns the number of places looked at. */
export function forEachAntecedent(
  trail: Trail,
  clauses: ClauseStore,
  literal: number,
  visit: (literal: number) => void,
): number {
  const variable = variableOf(literal)
  const reason = trail.reasons[variable] as number
  if (reason === DECISION) return 0
  if (reason === IMPLIED) {
    visit(negate(trail.antecedents[variable] as number))
    return 1
  }
  const start = clauses.offsets.values[reason] as number
  const end = start + (clauses.sizes.values[reason] as number)
  for (let at = start; at < end; at++) {
    const other = clauses.arena.values[at] as number
    if (other !== literal) visit(other)
  }
  return end - start
}

function noteConflict(proof: Proof, conflict: Conflict): void {
  if (conflict.source === 'pair')
    notePair(proof, conflict.literals[0] as number, conflict.literals[1] as number)
  else if (conflict.source !== 'objection') noteClause(proof, conflict.source)
}

function noteReason(proof: Proof, trail: Trail, literal: number): void {
  const variable = variableOf(literal)
  const reason = trail.reasons[variable] as number
  if (reason === IMPLIED) notePair(proof, literal, negate(trail.antecedents[variable] as number))
  else noteClause(proof, reason)
}
