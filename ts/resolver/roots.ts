// Which packages nobody needs: those that were most likely asked for, where nobody recorded it.

import type { Graph } from './graph.ts'

/**
 * Installed candidates from which all others can be reached by required dependencies. `known` are reached from the start.
 * Of packages that need each other in a circle, and that nothing else needs, one is enough.
 */
export function rootsOf(
  graph: Graph,
  candidates: readonly number[],
  known: readonly number[],
): ReadonlySet<number> {
  const needs = new Map(candidates.map((id) => [id, requiredBy(graph, id)]))
  const needed = new Set([...needs].flatMap(([id, found]) => found.filter((other) => other !== id)))
  const reachFrom = (starts: Iterable<number>, reached = new Set<number>()): Set<number> => {
    const waiting = [...starts]
    for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
      if (reached.has(id)) continue
      reached.add(id)
      waiting.push(...(needs.get(id) ?? requiredBy(graph, id)))
    }
    return reached
  }
  const reached = reachFrom(known)
  const roots = new Set(candidates.filter((id) => !needed.has(id) && !reached.has(id)))
  reachFrom(roots, reached)
  for (const id of candidates) {
    if (reached.has(id)) continue
    // In a circle, or below one whose turn comes later.
    for (const below of reachFrom([id])) roots.delete(below)
    roots.add(id)
    reachFrom([id], reached)
  }
  return roots
}

const requiredBy = (graph: Graph, candidate: number): readonly number[] =>
  graph.needsOf(candidate).flatMap(({ optional, packages }) => (optional ? [] : packages))
