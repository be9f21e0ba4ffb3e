// Many workers and many jobs: simulated workers, real HTTP.
import { claim, finish, submit } from '../client.mjs'

export const manyWorkers = {
  id: 'many',
  title: '200 workers, 5,000 queued jobs over 10 platforms',
  async measure({ server }) {
    const { seconds, done } = await runAll(server, {
      workers: 200,
      jobs: 5000,
      platforms: 10,
      prefix: 'many',
    })
    const twice = [...done.values()].filter((times) => times > 1).length
    return [
      { what: 'done', value: done.size, unit: 'jobs', least: 5000, most: 5000 },
      { what: 'done twice', value: twice, unit: 'jobs', most: 0 },
      { what: 'in all', value: 5000 / seconds, unit: 'jobs/s' },
    ]
  },
}

/** Resident memory once 1,000 and once 10,000 jobs are done. */
export const memory = {
  id: 'memory',
  title: 'memory of the server',
  async measure(context) {
    const mib = 1 << 20
    const limit = context.database === undefined ? 450 : 120
    const few = await afterJobs(context.server, 1000, 'few')
    const more = await afterJobs(context.server, 9000, 'more')
    return [
      { what: 'after its first start', value: context.firstMemory.now / mib, unit: 'MB', most: limit },
      { what: 'after 1,000 jobs', value: few / mib, unit: 'MB' },
      { what: 'after 10,000 jobs, of that', value: more / few, unit: '×', most: 1.15 },
    ]
  },
}

async function afterJobs(server, jobs, prefix) {
  await runAll(server, { workers: 20, jobs, platforms: 2, prefix })
  // What is let go only when nothing happens is no growth: the least of some seconds counts.
  const seen = []
  for (let second = 0; second < 10; second++) {
    seen.push(server.memory().now)
    await new Promise((resolve) => setTimeout(resolve, 1000))
  }
  return Math.min(...seen)
}

/** Submits all, then lets simulated workers do them; how often each was done, by execution. */
async function runAll(server, { workers, jobs, platforms, prefix }) {
  const executions = new Set()
  const numbers = Array.from({ length: jobs }, (_, number) => number)
  const submitting = async () => {
    for (let number = numbers.pop(); number !== undefined; number = numbers.pop()) {
      executions.add(await submit(server, `${prefix}-${number}`, `${prefix}-${number % platforms}`))
    }
  }
  await Promise.all(Array.from({ length: 16 }, submitting))
  const done = new Map()
  const started = performance.now()
  const working = async (_, number) => {
    for (;;) {
      const attempt = await claim(server, `${prefix}-worker-${number}`, `${prefix}-${number % platforms}`, {
        waitMs: 2000,
      })
      if (attempt === null && done.size >= jobs) return
      if (attempt === null) continue
      if (!executions.has(attempt.execution)) throw new Error(`nobody submitted ${attempt.execution}`)
      await finish(server, attempt)
      done.set(attempt.execution, (done.get(attempt.execution) ?? 0) + 1)
    }
  }
  await Promise.all(Array.from({ length: workers }, working))
  return { done, seconds: (performance.now() - started) / 1000 }
}
