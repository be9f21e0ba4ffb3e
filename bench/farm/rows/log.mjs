// A job that prints as fast as it can, watched by viewers who do not read.
import { request } from 'node:http'
import { submit, until, untilEnded, view } from '../client.mjs'
import { freshDirectory, startWorker } from '../processes.mjs'

const LINES = 1_000_000
const VIEWERS = 3

export const logLines = {
  id: 'log',
  title: 'log lines of one job, to the file',
  async measure({ server, scratch }) {
    const worker = startWorker({
      ...{ server, name: 'talking', platforms: ['log'], state: freshDirectory(scratch, 'log') },
    })
    const rates = []
    for (const viewers of [0, VIEWERS]) {
      const script = `seq -f 'line %.0f of a build that says what it does' ${LINES}\n`
      const execution = await submit(server, `log-${viewers}`, 'log', { script })
      await until(async () => (await view(server, execution)).state === 'running', 1)
      const started = performance.now()
      const watching = Array.from({ length: viewers }, () => watch(server, execution))
      const { result_text: result, log_bytes: bytes } = await untilEnded(server, execution, 20)
      rates.push(LINES / ((performance.now() - started) / 1000))
      for (const viewer of watching) viewer.destroy()
      if (result !== 'exited 0' || bytes < LINES * 40) throw new Error(`${result}, ${bytes} bytes`)
    }
    await worker.kill()
    return [
      { what: 'alone', value: rates[0], unit: 'lines/s', least: 50_000 },
      { what: `with ${VIEWERS} viewers who do not read`, value: rates[1], unit: 'lines/s', least: 50_000 },
    ]
  },
}

/** Asks for the log and never reads the answer. */
function watch(server, execution) {
  const sent = request(`${server.url}/api/v1/executions/${execution}/events`, {
    headers: { authorization: `Bearer ${server.token}`, 'peipkg-farm-api': '1' },
  })
  sent.on('response', (answer) => answer.pause())
  sent.on('error', () => {})
  sent.end()
  return sent
}
