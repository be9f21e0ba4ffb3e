// What is killed, and how soon all goes on.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ask, submit, until, untilEnded, view } from '../client.mjs'
import { freshDirectory, isAlive, startServer, startWorker } from '../processes.mjs'

const TIMES = 3

export const workerKilled = {
  id: 'worker-killed',
  title: 'worker killed → job claimed by another',
  async measure({ server, scratch }) {
    const times = []
    for (let number = 0; number < TIMES; number++) {
      const workers = [1, 2].map((which) => {
        const name = `mortal-${number}-${which}`
        return startWorker({
          server,
          name,
          platforms: [`mortal-${number}`],
          state: freshDirectory(scratch, name),
        })
      })
      const execution = await submit(server, `mortal-${number}`, `mortal-${number}`, {
        script: 'exec sleep 60\n',
      })
      const first = await until(async () => (await view(server, execution)).attempts[0])
      const started = performance.now()
      await workers.find(({ name }) => name === first.worker).kill()
      await until(async () => (await view(server, execution)).attempts.length === 2)
      times.push(performance.now() - started)
      await ask(server, 'POST', `/api/v1/executions/${execution}/cancel`)
      await untilEnded(server, execution)
      await Promise.all(workers.map((worker) => worker.kill()))
    }
    return [{ what: `worst of ${TIMES}`, value: Math.max(...times) / 1000, unit: 's', most: 15 }]
  },
}

export const serverKilled = {
  id: 'server-killed',
  title: 'server killed → back and serving, jobs intact',
  async measure(context) {
    const { database, directory } = context
    const times = []
    const executions = []
    for (let number = 0; number < 100; number++)
      executions.push(await submit(context.server, `kept-${number}`, 'kept'))
    for (let number = 0; number < TIMES; number++) {
      const { address } = context.server
      await context.server.kill()
      context.server = await startServer({ directory, database, address })
      const { queues } = await ask(context.server, 'GET', '/api/v1/info')
      times.push(context.server.ready)
      const queued = queues.find(({ platform }) => platform === 'kept')?.executions ?? []
      const found = new Set(queued.map(({ execution }) => execution))
      if (!executions.every((execution) => found.has(execution))) throw new Error('jobs were lost')
    }
    for (let number = 0; number < 100; number++)
      await ask(context.server, 'DELETE', `/api/v1/jobs/kept-${number}`)
    const most = database === undefined ? 3 : 0.5
    return [{ what: `worst of ${TIMES}`, value: Math.max(...times) / 1000, unit: 's', most }]
  },
}

export const cancelled = {
  id: 'cancel',
  title: 'cancel → process group gone',
  async measure({ server, scratch }) {
    const times = []
    const state = freshDirectory(scratch, 'cancelled')
    const worker = startWorker({ server, name: 'cancelled', platforms: ['cancelled'], state })
    for (let number = 0; number < TIMES; number++) {
      const pids = join(state, `pids-${number}`)
      const script = `sleep 1000 & echo $$ $! > ${pids}.new; mv ${pids}.new ${pids}; wait\n`
      const execution = await submit(server, `cancelled-${number}`, 'cancelled', { script })
      await until(() => existsSync(pids))
      const group = readFileSync(pids, 'utf8').trim().split(' ')
      const started = performance.now()
      await ask(server, 'POST', `/api/v1/executions/${execution}/cancel`)
      await until(() => !group.some(isAlive), 2)
      times.push(performance.now() - started)
      await untilEnded(server, execution)
    }
    await worker.kill()
    return [{ what: `worst of ${TIMES}`, value: Math.max(...times) / 1000, unit: 's', most: 5 }]
  },
}
