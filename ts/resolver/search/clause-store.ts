// Clauses in one arena, watched by two of their literals each.

import { type IntList, intList, push } from './int-list.ts'

export interface ClauseStore {
  arena: IntList
  /** Start of each clause's literals in the arena; -1 for a learned one that was dropped. Ids are never used twice. */
  readonly offsets: IntList
  readonly sizes: IntList
  /** Clause ids by the literal that they watch. The two watched literals of a clause stand first. */
  readonly watches: (number[] | undefined)[]
  /** Ids from here on are learned. */
  firstLearned: number
  /** Literals held by learned clauses. */
  learnedLiterals: number
}

/** Literals of learned clauses beyond which the longer half of them is dropped: keeps hostile searches small in memory. */
export const LEARNED_LITERALS = 4_000_000

export function clauseStore(variables: number): ClauseStore {
  return {
    arena: intList(),
    offsets: intList(),
    sizes: intList(),
    watches: new Array(variables * 2),
    firstLearned: 0,
    learnedLiterals: 0,
  }
}

/** Adds a clause; one of two literals or more is watched by its first two. */
export function addClause(store: ClauseStore, literals: readonly number[]): number {
  const id = store.offsets.size
  push(store.offsets, store.arena.size)
  push(store.sizes, literals.length)
  for (const literal of literals) push(store.arena, literal)
  if (literals.length > 1) {
    watch(store, literals[0] as number, id)
    watch(store, literals[1] as number, id)
  }
  return id
}

export function addLearned(store: ClauseStore, literals: readonly number[]): number {
  store.learnedLiterals += literals.length
  return addClause(store, literals)
}

export function watch(store: ClauseStore, literal: number, id: number): void {
  const list = store.watches[literal]
  if (list === undefined) store.watches[literal] = [id]
  else list.push(id)
}

/**
 * Drops the longer half of the learned clauses, sparing those that `locked` holds for reasons of the trail. The search
 * stays complete without them: its trail only ever moves forward in the order of decisions.
 */
export function dropLearned(store: ClauseStore, locked: (id: number) => boolean): void {
  const live: number[] = []
  for (let id = store.firstLearned; id < store.offsets.size; id++) {
    if ((store.offsets.values[id] as number) >= 0) live.push(id)
  }
  live.sort((left, right) => sizeOf(store, left) - sizeOf(store, right) || right - left)
  const kept: number[] = []
  let literals = 0
  for (const id of live) {
    if (locked(id) || sizeOf(store, id) <= 2 || literals + sizeOf(store, id) <= LEARNED_LITERALS / 2) {
      kept.push(id)
      literals += sizeOf(store, id)
    } else {
      store.offsets.values[id] = -1
    }
  }
  store.learnedLiterals = literals
  compact(store, kept)
}

function sizeOf(store: ClauseStore, id: number): number {
  return store.sizes.values[id] as number
}

function compact(store: ClauseStore, learned: number[]): void {
  learned.sort((left, right) => left - right)
  const arena = intList()
  const given = store.firstLearned === 0 ? 0 : endOf(store, store.firstLearned - 1)
  for (let at = 0; at < given; at++) push(arena, store.arena.values[at] as number)
  for (const id of learned) {
    const start = store.offsets.values[id] as number
    store.offsets.values[id] = arena.size
    for (let at = start; at < start + sizeOf(store, id); at++) push(arena, store.arena.values[at] as number)
  }
  store.arena = arena
  for (const list of store.watches) {
    if (list === undefined) continue
    let kept = 0
    for (const id of list) {
      if ((store.offsets.values[id] as number) >= 0) list[kept++] = id
    }
    list.length = kept
  }
}

function endOf(store: ClauseStore, id: number): number {
  return (store.offsets.values[id] as number) + sizeOf(store, id)
}
