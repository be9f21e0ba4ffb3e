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
  const reached = new Set<number>()
  const reach = (start: number): void => {
    const waiting = [start]
    for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
      if (reached.has(id)) continue
      reached.add(id)
      waiting.push(...(needs.get(id) ?? requiredBy(graph, id)))
    }
  }
  known.forEach(reach)
  const roots = new Set<number>()
  const candidatesFirstUnneeded = [
    ...candidates.filter((id) => !needed.has(id)),
    ...candidates.filter((id) => needed.has(id)),
  ]
  for (const id of candidatesFirstUnneeded) {
    if (reached.has(id)) continue
    roots.add(id)
    reach(id)
  }
  return roots
}

const requiredBy = (graph: Graph, candidate: number): readonly number[] =>
  graph.needsOf(candidate).flatMap(({ optional, packages }) => (optional ? [] : packages))
