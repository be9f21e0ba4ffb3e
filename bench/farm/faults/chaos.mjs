// Kills and cuts at seeded random moments, until it is stopped.
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { createRandom } from '../../workload/random.mjs'

/**
 * `farm`: kills and restarts what it names. Returns `stop`, which resolves when everything is well again, with how often what
 * was done.
 */
export function beginChaos(farm, seed) {
  const random = createRandom(`faults ${seed}`).next
  const between = (least, most) => least + Math.floor(random() * (most - least))
  const counts = {}
  const faults = {
    'server killed': async () => {
      await farm.killServer()
      await sleep(between(0, 2000))
      await farm.startServer()
    },
    'worker killed': async () => {
      const index = between(0, farm.workers.length)
      await farm.killWorker(index)
      await sleep(between(0, 3000))
      farm.startWorker(index)
    },
    'script killed': async () => farm.killScript(random),
    'connections cut': async () => farm.network.cut(),
    'connections refused': () => away('refuse', 3000),
    'black hole': () => away('hole', 8000),
    ...(farm.crashDatabase === undefined ? {} : { 'database crashed': () => farm.crashDatabase() }),
  }
  async function away(mode, most) {
    farm.network.become(mode)
    await sleep(between(500, most))
    farm.network.become('open')
  }
  let going = true
  const done = (async () => {
    const names = Object.keys(faults)
    while (going) {
      await sleep(between(300, 3000))
      if (!going) return
      const name = names[between(0, names.length)]
      farm.disturbed()
      if ((await faults[name]()) !== false) counts[name] = (counts[name] ?? 0) + 1
      farm.disturbed()
    }
  })()
  return {
    async stop() {
      going = false
      await done
      return counts
    },
  }
}

/** The processes below `pid` that are shells of jobs. */
export function scriptsBelow(pid) {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'latin1')
        const [, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
        return [{ pid: Number(name), parent: Number(parent), environment: environmentOf(name) }]
      } catch {
        return []
      }
    })
  const below = new Set([pid])
  for (let before = 0; before !== below.size; ) {
    before = below.size
    for (const { pid: one, parent } of all) if (below.has(parent)) below.add(one)
  }
  return all.filter(({ pid: one, environment }) => below.has(one) && environment.includes('OUTPUT_DIR='))
}

const environmentOf = (pid) => readFileSync(`/proc/${pid}/environ`, 'latin1')
