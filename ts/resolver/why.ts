// What keeps an installed package: the shortest chain from each package that somebody asked for.

import type { Dependent, Graph } from './graph.ts'
import { candidateAt } from './model.ts'

/** From a package that was asked for (or is held) down to the last that needs the package itself. */
export type Chain = readonly Dependent[]

/** The shortest chains first, those of one length by name. None where nobody needs it. */
export function chainsTo(graph: Graph, candidate: number): readonly Chain[] {
  const { universe } = graph.model
  const chains = new Map<number, Chain>([[candidate, []]])
  const found: Chain[] = []
  const waiting = [candidate]
  for (let at = 0; at < waiting.length; at++) {
    const needed = waiting[at] as number
    for (const dependent of graph.dependentsOf([needed])) {
      if (chains.has(dependent.candidate)) continue
      const chain = [dependent, ...(chains.get(needed) as Chain)]
      chains.set(dependent.candidate, chain)
      waiting.push(dependent.candidate)
      const { reason, held } = candidateAt(universe, dependent.candidate)
      if (reason === 'explicit' || held) found.push(chain)
    }
  }
  return found
}
