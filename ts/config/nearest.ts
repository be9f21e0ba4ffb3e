/** The known word that a mistyped one most likely meant. */

/** Undefined when nothing known is within a third of its length (and at least one edit). */
export function nearest(word: string, known: Iterable<string>): string | undefined {
  let best: string | undefined
  let bestDistance = Number.POSITIVE_INFINITY
  for (const candidate of known) {
    const allowed = Math.max(1, Math.floor(Math.max(word.length, candidate.length) / 3))
    const distance = editDistance(word, candidate)
    if (distance <= allowed && distance < bestDistance) {
      best = candidate
      bestDistance = distance
    }
  }
  return best
}

/** The closest known word, however far it is; letters left out cost little, so that `desc` finds `description`. */
export function closest(word: string, known: readonly string[]): string | undefined {
  const distances = known.map((candidate) => editDistance(word, candidate, 0.3))
  return known[distances.indexOf(Math.min(...distances))]
}

/** Levenshtein, with a swap of two neighbours counted as one edit. Words beyond 64 characters are not compared. */
function editDistance(left: string, right: string, omission = 1): number {
  if (left.length > 64 || right.length > 64) return Number.POSITIVE_INFINITY
  let beforePrevious: number[] = []
  let previous = Array.from({ length: right.length + 1 }, (_, column) => column * omission)
  for (let row = 1; row <= left.length; row++) {
    const current = [row]
    for (let column = 1; column <= right.length; column++) {
      const same = left[row - 1] === right[column - 1]
      let cost = Math.min(
        at(previous, column) + 1,
        at(current, column - 1) + omission,
        at(previous, column - 1) + (same ? 0 : 1),
      )
      const swapped =
        row > 1 && column > 1 && left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1]
      if (swapped) cost = Math.min(cost, at(beforePrevious, column - 2) + 1)
      current.push(cost)
    }
    beforePrevious = previous
    previous = current
  }
  return at(previous, right.length)
}

const at = (row: readonly number[], column: number): number => row[column] as number
