// Seeded randomness: the same seed makes the same workload on every machine.
import { createCipheriv, createHash } from 'node:crypto'

/** A stream of random numbers (mulberry32) of the words that name it. */
export function createRandom(...seed) {
  let state = createHash('sha256').update(seed.join('\0')).digest().readUInt32LE(0)
  const next = () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
  const below = (limit) => Math.floor(next() * limit)
  return {
    next,
    below,
    pick: (list) => list[below(list.length)],
    /** Log-normal with that median; `spread` is the standard deviation of the logarithm. */
    logNormal: (median, spread) => {
      const normal = Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next())
      return median * Math.exp(spread * normal)
    },
    /** Fisher–Yates, in place. */
    shuffle: (list) => {
      for (let last = list.length - 1; last > 0; last -= 1) {
        const other = below(last + 1)
        const held = list[last]
        list[last] = list[other]
        list[other] = held
      }
      return list
    },
  }
}

/** Bytes that do not compress. */
export function randomBytes(size, ...seed) {
  const key = createHash('sha256').update(seed.join('\0')).digest()
  return createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(size))
}
