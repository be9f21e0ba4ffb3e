// Measures what we do beside what others do, against the limits that the project set itself, and prints one table.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { whyNoExt4 } from './filesystem/ext4.mjs'
import { openTmpfs } from './filesystem/tmpfs.mjs'
import { runSeries } from './measure/series.mjs'
import { judge } from './measure/verdict.mjs'
import { readOptions } from './options.mjs'
import { describeMachine, keepToTwoProcessors } from './report/machine.mjs'
import { renderTable } from './report/table.mjs'
import { openCache } from './workload/cache.mjs'
import { createPackages } from './workload/packages.mjs'
import * as parameters from './workload/parameters.mjs'
import { packageRoot } from './workload/programs.mjs'
import { createRepositories } from './workload/repositories.mjs'

/** More than this share of the processors in other hands makes a figure doubtful. */
const NOISY = 0.1

const options = readOptions()
const say = (text) => console.error(text)
keepToTwoProcessors()
const cache = openCache({ ...options, say })
const scratch = mkdtempSync(join(cache.directory, 'run-'))
const tmpfs = openTmpfs(scratch)
// The first interruption ends the command that runs, and with it the benchmark, tidily.
process.once('SIGINT', () => say('bench: interrupted'))
try {
  const results = await measureAll(openContext())
  const machine = describeMachine()
  const { processor, processors, kernel, node } = machine
  console.log(
    `\n${processor}, ${processors} processors, Linux ${kernel}, Node.js ${node}; medians of ${options.runs}\n`,
  )
  console.log(renderTable(results))
  say(`written to ${write({ machine, runs: options.runs, parameters, results })}`)
  if (results.some(({ failed }) => failed !== undefined)) process.exitCode = 1
} finally {
  tmpfs.close?.()
  rmSync(scratch, { recursive: true, force: true })
}

function openContext() {
  const packages = createPackages(cache)
  const repositories = createRepositories(cache, packages, scratch)
  const { runs } = options
  return { cache, packages, repositories, scratch, tmpfs, ext4Reason: whyNoExt4(scratch), runs, say }
}

async function measureAll(context) {
  const results = []
  for (const row of options.rows) {
    const { id, title, repeated } = row
    say(`${id}: ${title}`)
    const skipped = row.skip?.(context)
    results.push({
      id,
      title,
      repeated,
      ...(skipped ? { skipped } : await measureRow(row, context, results)),
    })
  }
  return results
}

/** A row that cannot be measured does not take the others with it. */
async function measureRow(row, context, results) {
  try {
    if (row.measure !== undefined) return await row.measure(context, results)
    const series = await runSeries(row.contenders(context), context.runs * (row.repeated ?? 1), context)
    const [ours, reference] = ['ours', 'reference'].map((role) => series.find((one) => one.role === role))
    const noisy = ours.others > NOISY || (reference?.others ?? 0) > NOISY
    return { series, noisy, ...judge(ours, reference, row.limits) }
  } catch (error) {
    say(error.stack)
    return { failed: error.message }
  }
}

function write(document) {
  const directory = join(packageRoot, 'bench', 'results')
  mkdirSync(directory, { recursive: true })
  const path = join(directory, `${new Date().toISOString().replaceAll(/[:.]/g, '-')}.json`)
  writeFileSync(path, `${JSON.stringify(document, undefined, 2)}\n`)
  return path
}
