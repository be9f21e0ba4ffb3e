/** Server and worker on two machines, as far as the network goes: a cable between them is pulled during a build. */
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, it } from 'vitest'
import type { ExecutionView, HistoryAnswer } from '../../ts/farm/api/execution.ts'
import { eventually } from './eventually.ts'
import { openMachines } from './namespaces.ts'

const machines = openMachines()
if (typeof machines === 'string') console.log(`two machines are not tested here: ${machines}`)

const directory = mkdtempSync(join(realpathSync(tmpdir()), 'peipkg-machines-'))
const program = fileURLToPath(new URL('../../bin/peipkg-farm', import.meta.url))
const ends: (() => Promise<void>)[] = []

afterAll(async () => {
  for (const end of ends) await end()
  if (typeof machines !== 'string') machines.remove()
  rmSync(directory, { recursive: true, force: true })
})

/** On one of the machines. */
function launch(machine: string, args: readonly string[]) {
  const env = {
    ...process.env,
    PEIPKG_FARM_REMOTE: 'http://192.0.2.1:1234',
    PEIPKG_FARM_TOKEN_FILE: join(directory, 'state/admin.token'),
  }
  const child = spawn('ip', ['netns', 'exec', machine, process.execPath, program, ...args], {
    cwd: directory,
    env,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    text += part
  })
  const ended = new Promise<string>((resolve) => child.on('close', () => resolve(text)))
  return { child, ended }
}

function background(machine: string, ...args: readonly string[]): void {
  const { child, ended } = launch(machine, args)
  ends.unshift(async () => {
    child.kill('SIGKILL')
    await ended
  })
}

it.skipIf(typeof machines === 'string')(
  'keeps the job of a worker whose cable was pulled for longer than the limit',
  { timeout: 180_000 },
  async () => {
    if (typeof machines === 'string') return
    const { near, far } = machines
    mkdirSync(join(directory, 'etc'))
    const ask = (...args: readonly string[]) => launch(near, args).ended
    background(near, 'server', '--dir', 'state', '--config-dir', 'etc', '--listen', '192.0.2.1:1234')
    await eventually(() => ask('info')).toContain('peipkg-farm')
    background(far, 'worker', 'linux', '--name', 'far', '--sandbox', 'none', '--dir', 'jobs')
    await eventually(() => ask('workers')).toMatch(/^far {2}idle/)
    writeFileSync(
      join(directory, 'job.sh'),
      'for i in $(seq 1 40); do echo "line $i"; sleep 0.5; done; seq 1 90000 >file\n',
    )
    const uuid = (await ask('schedule', 'long', 'linux', 'job.sh', '--period', 'never')).trim()
    await eventually(() => ask('log', uuid)).toContain('line 3\n')
    machines.cable(false)
    // Longer than the limit of the heartbeat (10 s): the attempt counts as lost, and nobody else is there to take it.
    await sleep(13_000)
    machines.cable(true)
    const end = JSON.parse(await ask('observe', uuid, '--json')) as ExecutionView
    expect(end.result_text).toBe('exited 0')
    const lines = Array.from({ length: 40 }, (_, index) => `line ${index + 1}\n`).join('')
    expect(await ask('log', uuid)).toBe(lines)
    expect(end.attempts).toHaveLength(1)
    expect(end.artifacts.map(({ name }) => name)).toEqual(['file'])
    const { executions } = JSON.parse(await ask('history', '--json')) as HistoryAnswer
    expect(executions).toHaveLength(1)
  },
)
