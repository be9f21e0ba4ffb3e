/** What keeps an installed package. */
import { PeiError } from '../native/errors.ts'
import type { System } from '../native/system.ts'
import { chainsTo } from '../resolver/why.ts'
import { type GraphPackage, type GraphRelation, installedGraph, packageOf, relationOf } from './graph.ts'

export interface Why {
  readonly package: GraphPackage
  /** From a package that was asked for down to the last that needs this one; the shortest first. */
  readonly chains: readonly (readonly WhyLink[])[]
}

export interface WhyLink {
  readonly package: GraphPackage
  /** What it needs of the next one. */
  readonly needs: GraphRelation
}

/** Throws PEI_NOT_FOUND. */
export async function why(name: string, system: System): Promise<Why> {
  const graph = await installedGraph(system)
  const candidate = graph.model.installed[graph.model.nameIds.get(name) ?? -1] ?? -1
  if (candidate < 0) throw new PeiError('PEI_NOT_FOUND', `"${name}" is not installed`)
  const chains = chainsTo(graph, candidate).map((chain) =>
    chain.map((link) => ({
      package: packageOf(graph, link.candidate),
      needs: relationOf(graph, link.requirement, link.optional),
    })),
  )
  return { package: packageOf(graph, candidate), chains }
}
