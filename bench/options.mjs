// The command line of the benchmarks.
import { parseArgs } from 'node:util'
import { rows } from './rows/index.mjs'

const USAGE = `usage: npm run bench -- [--only <row>]… [--runs <number>] [--fresh]

  --only <row>     measures these rows only: ${rows.map(({ id }) => id).join(', ')}
  --runs <number>  of each command (5); what is printed is the median
  --fresh          makes the workloads anew instead of using those of an earlier run`

/** Ends the process where the words are not understood. */
export function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        only: { type: 'string', multiple: true, default: [] },
        runs: { type: 'string', default: '5' },
        fresh: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    })
    if (values.help) stop(USAGE, 0)
    const runs = Number(values.runs)
    if (!Number.isInteger(runs) || runs < 1)
      throw new Error(`--runs ${values.runs}: a whole number from 1 is needed`)
    const unknown = values.only.find((id) => rows.every((row) => row.id !== id))
    if (unknown !== undefined) throw new Error(`--only ${unknown}: there is no such row`)
    const chosen = values.only.length === 0 ? rows : rows.filter(({ id }) => values.only.includes(id))
    return { rows: chosen, runs, fresh: values.fresh }
  } catch (error) {
    return stop(`bench: ${error.message}\n\n${USAGE}`, 2)
  }
}

function stop(text, code) {
  console.error(text)
  process.exit(code)
}
