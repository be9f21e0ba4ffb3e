// Holds what was measured against the limits.

/**
 * A limit: `{ on: 'wall' | 'cpu' | 'size', times }` beside the reference, `{ on: 'cpu', plus }` seconds above it, or
 * `{ on: 'peak', most }` bytes, `{ on: 'cpu', seconds }` at most. Returns what to say of each, and whether all were reached.
 */
export function judge(ours, reference, limits) {
  const checks = limits.map((limit) => check(limit, ours, reference))
  return { checks, reached: checks.every(({ reached }) => reached) }
}

function check({ on, times, plus, most, seconds }, ours, reference) {
  if (seconds !== undefined) {
    const found = ours[on]
    return { text: `${on} ≤ ${seconds} s`, found: `${found.toFixed(3)} s`, reached: found <= seconds }
  }
  if (most !== undefined) {
    return { text: `${on} ≤ ${megabytes(most)}`, found: megabytes(ours[on]), reached: ours[on] <= most }
  }
  if (plus !== undefined) {
    const found = ours[on] - reference[on]
    return {
      text: `${on} ≤ + ${milliseconds(plus)}`,
      found: `+ ${milliseconds(found)}`,
      reached: found <= plus,
    }
  }
  const found = ours[on] / reference[on]
  return {
    text: `${on} ≤ ${times} ×`,
    found: `${found.toFixed(found < 0.1 ? 3 : 2)} ×`,
    reached: found <= times,
  }
}

const milliseconds = (seconds) => `${(seconds * 1000).toFixed(1)} ms`
const megabytes = (bytes) => `${(bytes / 1e6).toFixed(0)} MB`
