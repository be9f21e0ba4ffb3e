// From a job's submission to the answer of a worker that waits for one.
import { claim, finish, submit } from '../client.mjs'

const JOBS = 200

export const submitToClaim = {
  id: 'claim',
  title: 'submit → claim',
  async measure({ server }) {
    const times = []
    for (let number = 0; number < JOBS; number++) {
      const waiting = claim(server, 'measured', 'claim').then((attempt) => ({
        attempt,
        at: performance.now(),
      }))
      // The request is on its way before the job is.
      await new Promise((resolve) => setTimeout(resolve, 10))
      const started = performance.now()
      await submit(server, `claim-${number}`, 'claim')
      const { attempt, at } = await waiting
      times.push(at - started)
      await finish(server, attempt)
    }
    times.sort((a, b) => a - b)
    const [median, worst] = [times[JOBS >> 1], times.at(-1)]
    return [
      { what: `median of ${JOBS}`, value: median, unit: 'ms', most: 100 },
      { what: 'worst', value: worst, unit: 'ms', most: 500 },
    ]
  },
}
