// The resolver on graphs that are hard on purpose: each ends with an answer, or with the step bound, in time and memory.
import { join } from 'node:path'
import { build } from 'esbuild'
import { runSeries } from '../measure/series.mjs'
import { packageRoot } from '../workload/programs.mjs'

const SECONDS = 20
const BYTES = 300e6

/** The shapes of __test__/resolver/hostile-graphs.ts, at full size. */
const GRAPHS = [
  'deep chain',
  'deep chain to nowhere',
  'ring',
  'wide provides',
  'exclusive providers',
  'pigeonholes',
  'pigeonholes that fit',
  'layers of versions',
  'random conflicts',
]

export const resolver = {
  id: 'resolver',
  title: 'resolver on hostile graphs, each a process',
  async measure(context) {
    const program = join(context.scratch, 'hostile.cjs')
    await build({
      entryPoints: [join(packageRoot, '__test__/resolver/hostile-run.ts')],
      outfile: program,
      bundle: true,
      platform: 'node',
      target: 'node20',
    })
    const contenders = GRAPHS.map((name) => ({
      label: name,
      role: 'ours',
      prepare: () => ({ command: [process.execPath, program, name] }),
    }))
    const series = await runSeries(contenders, Math.min(3, context.runs), context)
    const slowest = series.reduce((most, one) => (one.wall > most.wall ? one : most))
    const largest = series.reduce((most, one) => (one.peak > most.peak ? one : most))
    const checks = [
      {
        text: `each ≤ ${SECONDS} s`,
        found: `${slowest.wall.toFixed(1)} s (${slowest.label})`,
        reached: slowest.wall <= SECONDS,
      },
      {
        text: `each ≤ ${BYTES / 1e6} MB`,
        found: `${(largest.peak / 1e6).toFixed(0)} MB (${largest.label})`,
        reached: largest.peak <= BYTES,
      },
    ]
    return { series, checks, reached: checks.every(({ reached }) => reached) }
  },
}
