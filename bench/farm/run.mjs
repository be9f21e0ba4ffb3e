// What the farm must reach, on both engines, in one run: npm run bench:farm [-- --only ROW]… [--engine embedded|postgresql]
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { describeMachine } from '../report/machine.mjs'
import { openPostgres, postgresPrograms } from './postgres.mjs'
import { freshDirectory, startServer } from './processes.mjs'
import { submitToClaim } from './rows/claim.mjs'
import { emptyJobs } from './rows/jobs.mjs'
import { cancelled, serverKilled, workerKilled } from './rows/kills.mjs'
import { logLines } from './rows/log.mjs'
import { manyWorkers, memory } from './rows/many.mjs'
import { upload } from './rows/upload.mjs'

const rows = [
  submitToClaim,
  workerKilled,
  serverKilled,
  cancelled,
  upload,
  ...emptyJobs,
  logLines,
  memory,
  manyWorkers,
]

const { values } = parseArgs({
  options: { only: { type: 'string', multiple: true }, engine: { type: 'string', multiple: true } },
})
const chosen = rows.filter(({ id }) => values.only === undefined || values.only.includes(id))
const results = []
for (const engine of values.engine ?? ['embedded', 'postgresql']) {
  const programs = postgresPrograms()
  if (engine === 'postgresql' && programs === undefined)
    console.log('PostgreSQL is not installed: not measured')
  else await measureOn(engine, programs)
}
const { processor, processors, kernel, node } = describeMachine()
console.log(`\n${processor}, ${processors} processors, Linux ${kernel}, Node.js ${node}\n`)
for (const { engine, title, figures, skipped } of results) {
  console.log(`${engine}: ${title}${skipped === undefined ? '' : `: skipped: ${skipped}`}`)
  for (const figure of figures ?? []) console.log(`  ${shown(figure)}`)
}
const directoryOfResults = fileURLToPath(new URL('../results/', import.meta.url))
mkdirSync(directoryOfResults, { recursive: true })
writeFileSync(
  join(directoryOfResults, `farm-${new Date().toISOString().replaceAll(/[:.]/g, '-')}.json`),
  `${JSON.stringify({ machine: describeMachine(), results }, null, 2)}\n`,
)
process.exit(0)

async function measureOn(engine, programs) {
  const scratch = mkdtempSync(join(tmpdir(), 'peipkg-farm-bench-'))
  const postgres = engine === 'postgresql' ? await openPostgres(programs) : undefined
  const database = postgres?.create('farm')
  const directory = freshDirectory(scratch, 'server')
  const server = await startServer({ directory, database })
  const context = { server, directory, database, scratch, firstMemory: server.memory() }
  results.push({ engine, title: 'first start', figures: [firstStart(server)] })
  try {
    for (const { id, title, skip, measure } of chosen) {
      console.error(`${engine}: ${id}`)
      const skipped = skip?.()
      results.push({ engine, id, title, ...(skipped ? { skipped } : { figures: await measure(context) }) })
    }
  } finally {
    await context.server.kill()
    await postgres?.close()
    rmSync(scratch, { recursive: true, force: true })
  }
}

function firstStart({ ready }) {
  return { what: 'of an empty directory', value: ready / 1000, unit: 's', most: 3 }
}

function shown({ what, value, unit, least, most }) {
  const digits = value >= 100 || Number.isInteger(value) ? 0 : value >= 10 ? 1 : 2
  const figure = `${value.toFixed(digits)} ${unit}`
  if (least === undefined && most === undefined) return `${what}: ${figure}`
  const reached = value >= (least ?? Number.NEGATIVE_INFINITY) && value <= (most ?? Number.POSITIVE_INFINITY)
  const limits = [
    least === undefined ? '' : `≥ ${least}`,
    most === undefined || most === least ? '' : `≤ ${most}`,
  ]
  return `${reached ? '→ reached' : '→ NOT REACHED'}: ${what}: ${figure} (must: ${limits.filter(Boolean).join(', ')})`
}
