// The work bound (PSD-009 §4.2.8): counted in steps, never in time, so that every machine gives the same answer.

/** Steps spent, shared by all searches of one resolution. */
export interface Effort {
  steps: number
  readonly limit: number
  /** Places looked at that do not make a whole step yet. */
  looks: number
}

/** Places looked at that count as one step, so that the bound holds for wide relations too. */
const LOOKS_PER_STEP = 64

export function createEffort(limit: number): Effort {
  return { steps: 0, limit, looks: 0 }
}

/** Counts places looked at. */
export function look(effort: Effort, places: number): void {
  effort.looks += places
  if (effort.looks < LOOKS_PER_STEP) return
  effort.steps += Math.floor(effort.looks / LOOKS_PER_STEP)
  effort.looks %= LOOKS_PER_STEP
}
