// Jobs with nothing to do, through real workers.
import { spawnSync } from 'node:child_process'
import { submit, until, view } from '../client.mjs'
import { freshDirectory, startWorker } from '../processes.mjs'

const WORKERS = 8

export const emptyJobs = [emptyJobsIn('none', 25, 400), emptyJobsIn('bwrap', 12, 200)]

function emptyJobsIn(sandbox, least, jobs) {
  return {
    id: `empty-${sandbox}`,
    title: `empty jobs, end to end, ${WORKERS} workers, ${sandbox === 'none' ? 'no sandbox' : sandbox}`,
    skip: () =>
      sandbox === 'bwrap' && spawnSync('bwrap', ['--version']).status !== 0 && 'bubblewrap is not installed',
    async measure({ server, scratch }) {
      const platform = `empty-${sandbox}`
      const state = freshDirectory(scratch, platform)
      const workers = Array.from({ length: WORKERS }, (_, number) =>
        startWorker({ server, name: `${platform}-${number}`, platforms: [platform], state, sandbox }),
      )
      // All are there and warm.
      const first = await Promise.all(
        workers.map((_, number) => submit(server, `${platform}-first-${number}`, platform)),
      )
      await until(async () => await allEnded(server, first), 20)
      const started = performance.now()
      const executions = await Promise.all(
        Array.from({ length: jobs }, (_, number) => submit(server, `${platform}-${number}`, platform)),
      )
      await until(async () => await allEnded(server, executions), 20)
      const seconds = (performance.now() - started) / 1000
      await Promise.all(workers.map((worker) => worker.kill()))
      return [{ what: `${jobs} jobs`, value: jobs / seconds, unit: 'jobs/s', least }]
    },
  }
}

/** The newest are looked at first: as long as one runs, the others need not be asked. */
async function allEnded(server, executions) {
  while (executions.length > 0) {
    const seen = await view(server, executions.at(-1))
    if (seen.state !== 'ended') return false
    if (seen.result_text !== 'exited 0') throw new Error(`${seen.job}: ${seen.result_text}`)
    executions.pop()
  }
  return true
}
