// Jobs whose whole outcome is known from their number, and what is held against it.
import { createHash } from 'node:crypto'
import { call } from '../client.mjs'

const bytes = (number) => 1 + ((number * 7919) % 100_000)
const exitCode = (number) => (number % 5 === 0 ? 3 : 0)
const content = (number) => Buffer.alloc(bytes(number), `artifact ${number}\n`)

export const nameOf = (number) => `job-${String(number).padStart(5, '0')}`

/** Prints, writes an artifact, takes a moment, and exits with its code. */
export function requestOf(number, platform) {
  const script = [
    `echo 'begin ${nameOf(number)}'`,
    `yes 'artifact ${number}' | head -c ${bytes(number)} > "$OUTPUT_DIR/artifact"`,
    `sleep 0.${number % 10}`,
    number % 50 === 0 ? 'sleep 12' : '',
    `echo 'end ${nameOf(number)}'`,
    `exit ${exitCode(number)}`,
    '',
  ].join('\n')
  return { name: nameOf(number), kind: 'script', platform, script, period: 'never' }
}

/** Everything that is wrong with how the job ended; `executions` are all that there are of it. */
export async function examine(server, number, executions, killedScripts) {
  const name = nameOf(number)
  if (executions.length !== 1) return [`${name}: ${executions.length} executions`]
  const [execution] = executions
  const { result_text: result, state, attempts, artifacts, execution: uuid } = execution
  if (state !== 'ended') return [`${name}: is ${state}: ${execution.reason}`]
  const wrong = []
  const ended = attempts.filter(
    (attempt) => attempt.result !== null && attempt.result.kind !== 'infrastructure',
  )
  if (ended.length > 1) wrong.push(`${name}: ${ended.length} attempts ended with a result`)
  if (result.startsWith('signalled')) {
    if (!killedScripts.has(uuid)) wrong.push(`${name}: ${result}, but nobody killed its script`)
    return wrong
  }
  if (result.startsWith('infrastructure')) {
    if (attempts.length < 4) wrong.push(`${name}: given up after ${attempts.length} attempts: ${result}`)
    return wrong
  }
  if (result !== `exited ${exitCode(number)}`)
    wrong.push(`${name}: ${result} instead of exited ${exitCode(number)}`)
  const sha256 = createHash('sha256').update(content(number)).digest('hex')
  if (artifacts.length !== 1 || artifacts[0].sha256 !== sha256)
    wrong.push(`${name}: its artifact is another one`)
  const fetched = await call(server, 'GET', `/api/v1/executions/${uuid}/artifacts/artifact`)
  if (fetched.status !== 200 || fetched.body !== content(number).toString()) {
    wrong.push(`${name}: its artifact cannot be fetched as it was written (${fetched.status})`)
  }
  const log = await call(server, 'GET', `/api/v1/executions/${uuid}/log`)
  const last = String(log.body).slice(attempts.at(-1).log_offset)
  if (last !== `begin ${name}\nend ${name}\n`)
    wrong.push(`${name}: the log of its last attempt is ${JSON.stringify(last)}`)
  return wrong
}
