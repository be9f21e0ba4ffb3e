// What each learned clause was concluded from, so that a rejection can be traced back to given facts.

import { type IntList, intList, push } from './int-list.ts'

/** Per learned clause, pairs of integers: a clause (`-1, id`), an implication (`literal, literal`), a root fact (`-2, variable`). */
export interface Proof {
  readonly entries: IntList
  /** Start of each learned clause's pairs. */
  readonly starts: IntList
}

const CLAUSE = -1
const ROOT = -2

export function proof(): Proof {
  return { entries: intList(), starts: intList() }
}

export function beginLearned(proof: Proof): void {
  push(proof.starts, proof.entries.size)
}

export function noteClause(proof: Proof, id: number): void {
  push(proof.entries, CLAUSE)
  push(proof.entries, id)
}

/** The two-literal clause (`left` or `right`). */
export function notePair(proof: Proof, left: number, right: number): void {
  push(proof.entries, left)
  push(proof.entries, right)
}

/** A variable that is assigned without any decision: its own reason belongs to the proof. */
export function noteRoot(proof: Proof, variable: number): void {
  push(proof.entries, ROOT)
  push(proof.entries, variable)
}

export interface ProofVisitor {
  clause(id: number): void
  pair(left: number, right: number): void
  root(variable: number): void
}

/** Visits what the `index`-th learned clause was concluded from. */
export function visitProof(proof: Proof, index: number, visitor: ProofVisitor): void {
  const { values } = proof.entries
  const start = proof.starts.values[index] as number
  const end = index + 1 < proof.starts.size ? (proof.starts.values[index + 1] as number) : proof.entries.size
  for (let at = start; at < end; at += 2) {
    const tag = values[at] as number
    const value = values[at + 1] as number
    if (tag === CLAUSE) visitor.clause(value)
    else if (tag === ROOT) visitor.root(value)
    else visitor.pair(tag, value)
  }
}
