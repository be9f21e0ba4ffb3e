// What a search works on: given constraints, the trail of assignments, clauses given and learned, and where these came from.

import { type ClauseStore, clauseStore } from './clause-store.ts'
import type { Effort } from './effort.ts'
import { type Proof, proof } from './proof.ts'
import { type Trail, trail } from './trail.ts'

/** Constraints over boolean variables: clauses, and two-literal clauses that are computed rather than stored. */
export interface Constraints {
  readonly variables: number
  readonly clauses: readonly (readonly number[])[]
  /** Calls `imply` with every literal that must be true once `literal` is. Returns the number of places looked at. */
  readonly implied: (literal: number, imply: (literal: number) => void) => number
}

export interface Search {
  readonly constraints: Constraints
  readonly trail: Trail
  readonly clauses: ClauseStore
  readonly proof: Proof
  readonly effort: Effort
}

export function createSearch(constraints: Constraints, effort: Effort): Search {
  return {
    constraints,
    trail: trail(constraints.variables),
    clauses: clauseStore(constraints.variables),
    proof: proof(),
    effort,
  }
}
