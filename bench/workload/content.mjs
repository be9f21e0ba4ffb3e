// File contents that compress like real ones: text about 4 : 1, machine code and tables about 2 : 1, images not at all.
// Three pools are made once; a file is a run of pieces from one of them, so that making 650 MB takes seconds.
import { createRandom, randomBytes } from './random.mjs'

const POOL = 48 * 1024 * 1024

export function createContent(seed) {
  const pools = {
    text: pool(vocabulary(seed), 0, seed, 'text'),
    binary: pool(instructions(seed), 0.16, seed, 'binary'),
    packed: randomBytes(POOL, seed, 'packed'),
  }
  /** The content of one file: `kind` is text, binary or packed; the same `name` gives the same bytes. */
  return (kind, size, ...name) => {
    const random = createRandom(seed, ...name)
    const content = Buffer.allocUnsafe(size)
    for (let filled = 0; filled < size; ) {
      const length = Math.min(size - filled, 512 + random.below(7680))
      const from = random.below(POOL - length)
      filled += pools[kind].copy(content, filled, from, from + length)
    }
    return content
  }
}

/** Tokens drawn by Zipf's law; a share of `noise` of the draws is replaced by two bytes that nobody can foresee. */
function pool(tokens, noise, seed, name) {
  const random = createRandom(seed, 'pool', name)
  const draws = zipfDraws(tokens.length, random)
  const unforeseen = randomBytes(POOL, seed, 'noise', name)
  const filled = Buffer.alloc(POOL)
  for (let at = 0; at < POOL; ) {
    if (random.next() < noise) at += unforeseen.copy(filled, at, at, at + 2)
    else at += tokens[draws[random.below(draws.length)]].copy(filled, at)
  }
  return filled
}

function zipfDraws(count, random) {
  const weights = Array.from({ length: count }, (_, rank) => 1 / (rank + 2))
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const draws = []
  for (const [rank, weight] of weights.entries()) {
    const times = (weight / total) * 65536
    const whole = Math.floor(times) + (random.next() < times % 1 ? 1 : 0)
    for (let time = 0; time < whole; time += 1) draws.push(rank)
  }
  return draws
}

const LETTERS = 'etaoinshrdlucmfwypvbgkjqxz'

function vocabulary(seed) {
  const random = createRandom(seed, 'vocabulary')
  const letter = () => LETTERS[Math.floor(LETTERS.length * random.next() ** 2)]
  const endings = [' ', ' ', ' ', ' ', ' ', ', ', '.\n', ' = ', '(', ')\n    ', '\n']
  return Array.from({ length: 12000 }, () => {
    const word = Array.from({ length: 2 + random.below(8) }, letter).join('')
    return Buffer.from(word + random.pick(endings))
  })
}

function instructions(seed) {
  const bytes = randomBytes(65536, seed, 'instructions')
  const random = createRandom(seed, 'instructions')
  return Array.from({ length: 6000 }, () => {
    const from = random.below(bytes.length - 16)
    const token = Buffer.from(bytes.subarray(from, from + 3 + random.below(5)))
    return random.next() < 0.3 ? Buffer.concat([token, Buffer.alloc(3)]) : token
  })
}
