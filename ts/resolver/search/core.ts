// The given facts that a failed search rests on.

import { type Conflict, forEachAntecedent } from './analyze.ts'
import { variableOf } from './literal.ts'
import { visitProof } from './proof.ts'
import type { Search } from './state.ts'
import { DECISION, IMPLIED } from './trail.ts'

/** Given clauses by id, and computed two-literal clauses. */
export interface Core {
  readonly clauses: readonly number[]
  readonly pairs: readonly (readonly [number, number])[]
}

/** Traces the last conflict, which needed no decision, back through everything learned. */
export function coreOf(search: Search, conflict: Conflict): Core {
  const { trail, clauses, proof } = search
  const given = new Set<number>()
  const pairs = new Map<string, readonly [number, number]>()
  const learned: number[] = []
  const roots: number[] = []
  const known = new Set<number>()
  const visitor = {
    clause(id: number): void {
      if (known.has(id)) return
      known.add(id)
      if (id < clauses.firstLearned || clauses.firstLearned === 0) given.add(id)
      else learned.push(id - clauses.firstLearned)
    },
    pair(left: number, right: number): void {
      const low = Math.min(left, right)
      const high = Math.max(left, right)
      pairs.set(`${low} ${high}`, [low, high])
    },
    root(variable: number): void {
      roots.push(variable)
    },
  }
  if (typeof conflict.source === 'number') visitor.clause(conflict.source)
  else if (conflict.source === 'pair')
    visitor.pair(conflict.literals[0] as number, conflict.literals[1] as number)
  for (const literal of conflict.literals) visitor.root(variableOf(literal))
  const visited = new Set<number>()
  while (learned.length + roots.length > 0) {
    const index = learned.pop()
    if (index !== undefined) {
      visitProof(proof, index, visitor)
      continue
    }
    const variable = roots.pop() as number
    if (visited.has(variable)) continue
    visited.add(variable)
    const literal = (variable << 1) | (trail.values[variable] === 1 ? 0 : 1)
    const reason = trail.reasons[variable] as number
    if (reason === IMPLIED) visitor.pair(literal, (trail.antecedents[variable] as number) ^ 1)
    else if (reason !== DECISION) visitor.clause(reason)
    forEachAntecedent(trail, clauses, literal, (antecedent) => visitor.root(variableOf(antecedent)))
  }
  return {
    clauses: [...given].sort((left, right) => left - right),
    pairs: [...pairs.values()].sort((left, right) => left[0] - right[0] || left[1] - right[1]),
  }
}
