// The API from outside, as a client and as a worker that does what it is told.
import { randomUUID } from 'node:crypto'
import { Agent, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

/** Many connections, each used again: a simulated worker must not cost more than a real one. */
const agent = new Agent({ keepAlive: true, maxSockets: 1024 })

/** Resolves with status, headers and body (JSON where it is). Rejects when the connection breaks. */
export function call(server, method, path, body, headers = {}) {
  const content = body === undefined || Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body))
  return new Promise((resolve, reject) => {
    const sent = request(server.url + path, {
      method,
      agent,
      headers: {
        authorization: `Bearer ${server.token}`,
        'peipkg-farm-api': '1',
        ...(content === undefined ? {} : { 'content-length': content.length }),
        ...headers,
      },
    })
    sent.on('error', reject)
    sent.on('response', async (answer) => {
      try {
        const parts = []
        for await (const part of answer) parts.push(part)
        const text = Buffer.concat(parts).toString('utf8')
        const json = answer.headers['content-type']?.startsWith('application/json')
        resolve({ status: answer.statusCode, headers: answer.headers, body: json ? JSON.parse(text) : text })
      } catch (error) {
        reject(error)
      }
    })
    sent.end(content)
  })
}

/** The body of a call that must succeed. */
export async function ask(server, method, path, body, headers) {
  const answer = await call(server, method, path, body, headers)
  if (answer.status !== 200)
    throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`)
  return answer.body
}

/** Submits a script job that runs once, at once; the UUID of its execution. */
export async function submit(server, name, platform, more = {}) {
  const job = { name, kind: 'script', platform, script: 'true\n', period: 'never', ...more }
  const { executions } = await ask(server, 'POST', '/api/v1/jobs', job)
  return executions[0]
}

export const view = (server, execution) => ask(server, 'GET', `/api/v1/executions/${execution}`)

/** Asks for a job until one comes; `null` after `waitMs`. */
export async function claim(server, worker, platform, { waitMs = 30_000, instance = randomUUID() } = {}) {
  const { attempt } = await ask(server, 'POST', '/api/v1/claims', {
    ...{ worker, instance, platforms: [platform], architecture: 'x86_64', labels: {} },
    ...{ sandboxes: ['none'], capabilities: ['script'], wait_ms: waitMs },
  })
  return attempt
}

export const finish = (server, attempt, more = {}) =>
  ask(
    server,
    'POST',
    `/api/v1/attempts/${attempt.execution}/finish`,
    { result: { kind: 'exited', code: 0 }, artifacts: [], log_bytes: 0, sandbox: 'none', ...more },
    { 'peipkg-attempt': attempt.token },
  )

/** Looks every `step` milliseconds until `condition` holds, and returns what it returned. */
export async function until(condition, step = 10, limit = 120_000) {
  const started = performance.now()
  for (;;) {
    const found = await condition()
    if (found) return found
    if (performance.now() - started > limit) throw new Error(`not within ${limit} ms: ${condition}`)
    await sleep(step)
  }
}

export const untilEnded = (server, execution, step) =>
  until(async () => {
    const seen = await view(server, execution)
    return seen.state === 'ended' && seen
  }, step)
