/** Slows those down who guess tokens: from the 10th wrong one in a minute on, an address is not listened to (file 10, HTTP). */

const MINUTE = 60_000
const MOST = 10

/** Addresses that are remembered; beyond it the oldest is forgotten. */
const MOST_ADDRESSES = 100_000

export interface Guesses {
  /** Seconds until the address is listened to again; 0: it is. */
  wait(address: string, now: number): number
  /** The same, once this failure is counted. */
  fail(address: string, now: number): number
}

export function createGuesses(): Guesses {
  const failures = new Map<string, number[]>()
  const recent = (address: string, now: number) =>
    (failures.get(address) ?? []).filter((at) => now - at < MINUTE)
  const wait = (address: string, now: number) => {
    const times = recent(address, now)
    const oldest = times.at(-MOST)
    return oldest === undefined ? 0 : Math.max(1, Math.ceil((oldest + MINUTE - now) / 1000))
  }
  return {
    wait,
    fail(address, now) {
      const times = [...recent(address, now), now].slice(-MOST)
      failures.delete(address)
      failures.set(address, times)
      const [first] = failures.keys()
      if (failures.size > MOST_ADDRESSES && first !== undefined) failures.delete(first)
      return wait(address, now)
    },
  }
}
