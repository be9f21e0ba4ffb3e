// Peak memory: of every command measured in this run, and of one package five times as large as another.
import { runSeries } from '../measure/series.mjs'
import { installOf, packOf, verifyOf } from './big.mjs'
import { needsTmpfs, onTmpfs } from './places.mjs'

const MOST = 300e6
/** What a larger package may take more: noise of the allocator and of the page tables. */
const GROWTH = 1.15

/** Not measured by time: returns its results whole. `results`: the rows before it. */
export const memory = {
  id: 'memory',
  title: 'peak memory, and its growth with the package',
  skip: needsTmpfs,
  async measure(context, results) {
    const before = results.flatMap(({ id, series = [] }) =>
      series.filter(({ role }) => role === 'ours').map((ours) => ({ id, peak: ours.peak })),
    )
    const growth = await measureGrowth(context)
    const peaks = [...before, ...growth.map(({ label, big }) => ({ id: label, peak: big.peak }))]
    const largest = peaks.reduce((most, one) => (one.peak > most.peak ? one : most))
    const checks = [
      check(
        `peak ≤ ${MOST / 1e6} MB`,
        `${(largest.peak / 1e6).toFixed(0)} MB (${largest.id})`,
        largest.peak <= MOST,
      ),
      ...growth.map(({ label, small, big }) => {
        const times = big.peak / small.peak
        return check(`${label} ≤ ${GROWTH} ×`, `${times.toFixed(2)} ×`, times <= GROWTH)
      }),
    ]
    const series = growth.flatMap(({ small, big }) => [big, { ...small, role: 'reference' }])
    return { series, checks, reached: checks.every(({ reached }) => reached) }
  },
}

const check = (text, found, reached) => ({ text, found, reached })

async function measureGrowth(context) {
  const pairs = []
  for (const [label, make] of [
    ['pack', (name) => packOf(name, context)],
    ['inspect', (name) => verifyOf(name, context)],
    ['install', (name) => installOf(name, context, onTmpfs, ['--no-sync'])],
  ]) {
    const named = ['big', 'small'].map((name) => ({
      ...make(name),
      label: `${label} of the ${name} package`,
    }))
    const [big, small] = await runSeries(named, Math.min(2, context.runs), context)
    pairs.push({ label, big, small })
  }
  return pairs
}
