// What is assigned, when and why; undone level by level.

import { isNegative, variableOf } from './literal.ts'

/** Reasons that are not clause ids. */
export const DECISION = -1
/** Implied by one literal, which `antecedents` names. */
export const IMPLIED = -2

export interface Trail {
  /** 0 open, 1 true, -1 false. */
  readonly values: Int8Array
  readonly levels: Int32Array
  /** Clause id, {@link DECISION} or {@link IMPLIED}. */
  readonly reasons: Int32Array
  readonly antecedents: Int32Array
  readonly literals: Int32Array
  size: number
  /** Literals before this place have been propagated. */
  head: number
  /** Size of the trail at each decision. */
  readonly levelStarts: number[]
}

export function trail(variables: number): Trail {
  return {
    values: new Int8Array(variables),
    levels: new Int32Array(variables),
    reasons: new Int32Array(variables),
    antecedents: new Int32Array(variables),
    literals: new Int32Array(variables),
    size: 0,
    head: 0,
    levelStarts: [],
  }
}

/** 1 true, -1 false, 0 open. */
export function valueAt(trail: Trail, literal: number): number {
  const value = trail.values[literal >> 1] as number
  return (literal & 1) === 1 ? -value : value
}

export function assign(trail: Trail, literal: number, reason: number, antecedent: number): void {
  const variable = variableOf(literal)
  trail.values[variable] = isNegative(literal) ? -1 : 1
  trail.levels[variable] = trail.levelStarts.length
  trail.reasons[variable] = reason
  trail.antecedents[variable] = antecedent
  trail.literals[trail.size] = literal
  trail.size++
}

export function decide(trail: Trail, literal: number): void {
  trail.levelStarts.push(trail.size)
  assign(trail, literal, DECISION, -1)
}

/** Undoes every level above `level`. */
export function undo(trail: Trail, level: number): void {
  const start = trail.levelStarts[level]
  if (start === undefined) return
  for (let at = start; at < trail.size; at++) {
    trail.values[variableOf(trail.literals[at] as number)] = 0
  }
  trail.size = start
  trail.head = start
  trail.levelStarts.length = level
}
