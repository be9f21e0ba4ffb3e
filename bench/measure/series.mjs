// Runs contenders in turn (A B A B …), so that what disturbs the machine disturbs them alike, and takes medians.
import { measure } from './command.mjs'

/**
 * A contender: `{ label, role, prepare }`. `role` is ours, reference (what the limit speaks of) or peer. `prepare()`
 * returns what one run needs: `{ command, cwd, close }`; nothing of it is measured. `runs`, if there, is its own number.
 */
export async function runSeries(contenders, runs, { scratch, say }) {
  const samples = new Map(contenders.map((contender) => [contender, []]))
  for (let round = 0; round < runs; round += 1) {
    for (const contender of contenders) {
      if (round >= (contender.runs ?? runs)) continue
      const run = await contender.prepare()
      try {
        const sample = await measure(run.command, { cwd: run.cwd, scratch })
        samples.get(contender).push({ ...sample, ...run.examine?.() })
        say(
          `  ${round + 1}/${runs} ${contender.label}: ${sample.wall.toFixed(2)} s, CPU ${sample.cpu.toFixed(2)} s`,
        )
      } finally {
        run.close?.()
      }
    }
  }
  return contenders.map((contender) => summarize(contender, samples.get(contender)))
}

function summarize({ label, role }, samples) {
  const of = (name) => median(samples.map((sample) => sample[name]))
  const [wall, cpu, others] = [of('wall'), of('cpu'), of('others')]
  const peak = Math.max(...samples.map((sample) => sample.peak))
  const { size } = samples.at(-1)
  return { label, role, wall, cpu, peak, others, size, samples }
}

function median(values) {
  const sorted = [...values].sort((left, right) => left - right)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}
