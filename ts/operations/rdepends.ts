/** What needs a package. */
import { type Graph, named } from '../resolver/graph.ts'
import {
  availableGraph,
  type GraphPackage,
  type GraphRelation,
  isInstalled,
  nowhere,
  packageOf,
  relationOf,
} from './graph.ts'
import type { Session } from './session.ts'

export interface DependentNode extends GraphPackage {
  readonly needs: readonly (GraphRelation & {
    /** The package that the relation means here: the one asked about, or one found before. */
    readonly of: string
  })[]
}

export interface RdependsQuery {
  readonly name: string
  /** Also what needs those, and so on. */
  readonly deep: boolean
  /** Also packages that repositories offer. */
  readonly available: boolean
}

/** By distance, then name; each package once. Throws PEI_NOT_FOUND. */
export async function rdepends(query: RdependsQuery, session: Session): Promise<readonly DependentNode[]> {
  const graph = await availableGraph([query.name], query.available, session)
  const first = named(graph.model, query.name)
  if (first.length === 0) throw nowhere(query.name)
  const nodes: DependentNode[] = []
  const met = new Set(first)
  let level: readonly number[] = first
  while (level.length > 0) {
    const found = dependentsOf(
      query.deep ? graph.dependentsOf : graph.dependentsOnce,
      graph,
      level,
      (id) => !met.has(id) && (query.available || isInstalled(graph, id)),
    )
    for (const id of found.keys()) met.add(id)
    const added = [...found].map(([id, needs]) => ({ ...packageOf(graph, id), needs }))
    nodes.push(...added.sort((left, right) => (left.name < right.name ? -1 : 1)))
    level = query.deep ? [...found.keys()] : []
  }
  return nodes
}

/** The packages that need one of a level, each with what it needs of them, once. */
function dependentsOf(
  ask: Graph['dependentsOf'],
  graph: Graph,
  level: readonly number[],
  isWanted: (candidate: number) => boolean,
): ReadonlyMap<number, DependentNode['needs']> {
  const found = new Map<number, DependentNode['needs'][number][]>()
  for (const id of level) {
    const of = packageOf(graph, id).name
    for (const { candidate, requirement, optional } of ask([id])) {
      if (!isWanted(candidate)) continue
      const need = { ...relationOf(graph, requirement, optional), of }
      const needs = found.get(candidate)
      if (needs === undefined) found.set(candidate, [need])
      else if (!needs.some((known) => isSameNeed(known, need))) needs.push(need)
    }
  }
  return found
}

type Need = DependentNode['needs'][number]

const isSameNeed = (left: Need, right: Need): boolean =>
  left.name === right.name &&
  left.constraint === right.constraint &&
  left.optional === right.optional &&
  left.of === right.of
