// Looks once a second whether workers idle while jobs that they could do wait.
import { setTimeout as sleep } from 'node:timers/promises'
import { ask } from '../client.mjs'

/** `since`: when the last fault was. What the faults themselves keep waiting is no idleness. */
export function watchForIdleness(farm, limit) {
  const found = []
  let going = true
  const done = (async () => {
    let idleSince
    while (going) {
      await sleep(1000)
      const info = await ask(farm.server, 'GET', '/api/v1/info').catch(() => undefined)
      const isIdle = info !== undefined && idleWithWork(info)
      if (!isIdle) idleSince = undefined
      else idleSince ??= Date.now()
      // A worker that was cut off needs up to a minute to notice; one that is idle for the server has asked it for work.
      if (idleSince !== undefined && Date.now() - Math.max(idleSince, farm.lastDisturbance) > limit) {
        found.push(
          `two workers idled for ${limit / 1000} s while jobs waited: ${JSON.stringify(info.queues).slice(0, 400)}`,
        )
        idleSince = undefined
      }
    }
  })()
  return {
    async stop() {
      going = false
      await done
      return found
    },
  }
}

/** One idle worker may be the one that a job must not go back to; of two, one fits. */
function idleWithWork({ queues, workers }) {
  return queues.some(({ platform, executions }) => {
    const fitting = workers.filter((worker) => worker.state === 'idle' && worker.platforms.includes(platform))
    return fitting.length >= 2 && executions.some(({ state }) => state === 'queued')
  })
}
