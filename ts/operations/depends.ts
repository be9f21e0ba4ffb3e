/** What a package needs, and what stands for each of its dependencies. */
import { type Graph, named } from '../resolver/graph.ts'
import {
  availableGraph,
  type GraphPackage,
  type GraphRelation,
  nowhere,
  packageOf,
  relationOf,
} from './graph.ts'
import type { Session } from './session.ts'

export interface DependencyNode extends GraphPackage {
  readonly dependencies: readonly Dependency[]
}

export interface Dependency extends GraphRelation {
  /** All installed packages that satisfy it, else the one that an install would take; empty where nothing does. */
  readonly packages: readonly GraphPackage[]
}

/** How often the universe is read again for optional dependencies, which it does not follow by itself. */
const mostReadings = 8

/** The package asked about first; with `deep` all that it leads to, each once, as they are met. Throws PEI_NOT_FOUND. */
export async function depends(
  name: string,
  deep: boolean,
  session: Session,
): Promise<readonly DependencyNode[]> {
  const names = new Set([name])
  for (let reading = 1; ; reading++) {
    const graph = await availableGraph([...names], false, session)
    const nodes = nodesOf(graph, name, deep)
    const known = names.size
    for (const { dependencies } of nodes) {
      for (const { name: wanted, packages } of dependencies) if (packages.length === 0) names.add(wanted)
    }
    if (names.size === known || reading === mostReadings) return nodes
  }
}

function nodesOf(graph: Graph, name: string, deep: boolean): readonly DependencyNode[] {
  const [first] = graph.model.nameIds.has(name) ? [graph.standing(name)] : named(graph.model, name)
  if (first === undefined) throw nowhere(name)
  const nodes: DependencyNode[] = []
  const waiting = [first]
  const met = new Set(waiting)
  for (const candidate of waiting) {
    const needs = graph.needsOf(candidate)
    const dependencies = needs.map(({ requirement, optional, packages }) => ({
      ...relationOf(graph, requirement, optional),
      packages: packages.map((id) => packageOf(graph, id)),
    }))
    nodes.push({ ...packageOf(graph, candidate), dependencies })
    if (!deep) break
    for (const id of needs.flatMap(({ packages }) => packages)) {
      if (!met.has(id)) waiting.push(id)
      met.add(id)
    }
  }
  return nodes
}
