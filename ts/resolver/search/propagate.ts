// Draws every conclusion that single clauses force, until none is left or one is false.

import type { Conflict } from './analyze.ts'
import { type ClauseStore, watch } from './clause-store.ts'
import { type Effort, look } from './effort.ts'
import { negate } from './literal.ts'
import type { Search } from './state.ts'
import { assign, IMPLIED, type Trail, valueAt } from './trail.ts'

/** Propagates what was assigned since the last call. Returns the clause that became false, if one did. */
export function propagate(search: Search): Conflict | null {
  const { trail, constraints, clauses, effort } = search
  let literal = 0
  let contradicted = -1
  const imply = (implied: number): void => {
    const value = valueAt(trail, implied)
    if (value === 0) assign(trail, implied, IMPLIED, literal)
    else if (value < 0 && contradicted < 0) contradicted = implied
  }
  while (trail.head < trail.size) {
    literal = trail.literals[trail.head] as number
    trail.head++
    effort.steps++
    look(effort, constraints.implied(literal, imply))
    if (contradicted >= 0) return { literals: [contradicted, negate(literal)], source: 'pair' }
    const broken = visitWatchers(trail, clauses, negate(literal), effort)
    if (broken >= 0) return { literals: literalsOf(clauses, broken), source: broken }
  }
  return null
}

/** Moves the watches of a literal that became false. Returns the id of a clause that is false, or -1. */
function visitWatchers(trail: Trail, clauses: ClauseStore, falsified: number, effort: Effort): number {
  const watchers = clauses.watches[falsified]
  if (watchers === undefined) return -1
  let kept = 0
  let broken = -1
  for (let at = 0; at < watchers.length; at++) {
    const id = watchers[at] as number
    if (broken >= 0 || !moveWatch(trail, clauses, id, falsified, effort)) {
      watchers[kept++] = id
      if (broken < 0 && !settle(trail, clauses, id)) broken = id
    }
  }
  look(effort, watchers.length)
  watchers.length = kept
  return broken
}

/** Finds another literal to watch that is not false. */
function moveWatch(
  trail: Trail,
  clauses: ClauseStore,
  id: number,
  falsified: number,
  effort: Effort,
): boolean {
  const arena = clauses.arena.values
  const start = clauses.offsets.values[id] as number
  const end = start + (clauses.sizes.values[id] as number)
  if (arena[start] === falsified) {
    arena[start] = arena[start + 1] as number
    arena[start + 1] = falsified
  }
  if (valueAt(trail, arena[start] as number) > 0) return false
  for (let at = start + 2; at < end; at++) {
    const literal = arena[at] as number
    if (valueAt(trail, literal) < 0) continue
    arena[at] = falsified
    arena[start + 1] = literal
    watch(clauses, literal, id)
    look(effort, at - start)
    return true
  }
  look(effort, end - start)
  return false
}

/** All but the first literal are false, or the first is true. Returns false where the first is false too. */
function settle(trail: Trail, clauses: ClauseStore, id: number): boolean {
  const first = clauses.arena.values[clauses.offsets.values[id] as number] as number
  const value = valueAt(trail, first)
  if (value === 0) assign(trail, first, id, -1)
  return value >= 0
}

function literalsOf(clauses: ClauseStore, id: number): readonly number[] {
  const start = clauses.offsets.values[id] as number
  return Array.from(clauses.arena.values.subarray(start, start + (clauses.sizes.values[id] as number)))
}
