/** Seeded schedules: what several people and programs do to one system at the same time. */

export type Act =
  | { readonly kind: 'change'; readonly words: readonly string[]; readonly killAfter?: number }
  | { readonly kind: 'query'; readonly words: readonly string[] }
  | { readonly kind: 'refresh' }
  /** The repository becomes that publication: mostly the next, now and then an old one. */
  | { readonly kind: 'publish'; readonly publication: number }

export const NAMES = ['app', 'lib', 'tool', 'clock'] as const
export const PUBLICATIONS = 6

/** For each process what it does, one after the other. */
export type Schedule = readonly (readonly Act[])[]

export function schedule(seed: number, processes: number, each: number): Schedule {
  const random = generator(seed)
  let newest = 1
  const act = (): Act => {
    const pick = random(100)
    if (pick < 40) return change(random)
    if (pick < 78) return { kind: 'query', words: query(random) }
    if (pick < 92) return { kind: 'refresh' }
    if (newest > 1 && random(3) === 0) return { kind: 'publish', publication: 1 + random(newest) }
    newest = Math.min(newest + 1, PUBLICATIONS)
    return { kind: 'publish', publication: newest }
  }
  return Array.from({ length: processes }, () => Array.from({ length: each }, act))
}

function change(random: Random): Act {
  const name = oneOf(NAMES, random)
  const verb = oneOf(['install', 'install', 'remove', 'upgrade'] as const, random)
  const words = verb === 'remove' ? [verb, name, '--cascade'] : verb === 'install' ? [verb, name] : [verb]
  return {
    ...{ kind: 'change', words },
    ...(random(8) === 0 ? { killAfter: 60 + random(250) } : {}),
  }
}

function query(random: Random): readonly string[] {
  const name = oneOf(NAMES, random)
  return oneOf([['list'], ['list'], ['history'], ['info', name], ['list', '--available']], random)
}

type Random = (below: number) => number

/** mulberry32 */
function generator(seed: number): Random {
  let state = seed >>> 0
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

function oneOf<T>(all: readonly T[], random: Random): T {
  return all[random(all.length)] as T
}
