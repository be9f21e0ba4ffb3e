/** From the addresses that a forge sends to the recipes that watch them (§8.3, §16.10). */
import type { Recipe, Roster } from '../model.ts'

/** Recipes by the address of their upstream; several may share one. */
export interface Upstreams {
  /** All that one of the addresses leads to, by id. */
  find(addresses: readonly string[]): readonly Recipe[]
}

export function indexUpstreams(roster: Roster): Upstreams {
  const byAddress = new Map<string, Recipe[]>()
  for (const recipe of roster.recipes) {
    if (recipe.pattern === undefined) continue
    const address = normalise(recipe.git)
    byAddress.set(address, [...(byAddress.get(address) ?? []), recipe])
  }
  return {
    find(addresses) {
      const found = new Set(addresses.flatMap((address) => byAddress.get(normalise(address)) ?? []))
      return roster.recipes.filter((recipe) => found.has(recipe))
    },
  }
}

/** What a webhook's address may have, in characters. */
const MOST = 4096

/**
 * Lower case, without one `/` and then one `.git` at the end; `git@host:path` is `ssh://git@host/path`; what a web address
 * says of the user is left out.
 */
export function normalise(address: string): string {
  const lower = address.slice(0, MOST).toLowerCase()
  const short = lower.replace(/\/$/, '').replace(/\.git$/, '')
  return short.replace(/^([^/:@]+@[^/:]+):(?!\/)/, 'ssh://$1/').replace(/^(https?:\/\/)[^/@]*@/, '$1')
}
