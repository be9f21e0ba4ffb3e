/** `peipkg-farm worker`, the built program, against a server of the tests. */
import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { listProcesses } from '../../../ts/farm/worker/processes.ts'
import { anAttempt } from '../../farm/attempts.ts'
import { eventually } from '../../farm/eventually.ts'
import { answer, type FakeServer, openFakeServer } from '../../farm/fake-server.ts'
import { type Running, run, start } from '../../programs.ts'

let server: FakeServer
let directory: string
const running: Running[] = []

beforeEach(async () => {
  server = await openFakeServer()
  directory = mkdtempSync(join(realpathSync(tmpdir()), 'peipkg-farm-'))
  writeFileSync(join(directory, 'token'), 'secret\n')
})
afterEach(async () => {
  for (const { child } of running.splice(0)) child.kill('SIGKILL')
  await server.close()
  rmSync(directory, { recursive: true, force: true })
})

function worker(...more: readonly string[]): Running {
  const where = [
    '--remote',
    server.url,
    '--token-file',
    join(directory, 'token'),
    '--dir',
    join(directory, 'jobs'),
  ]
  const started = start('peipkg-farm', ['worker', 'linux', ...where, ...more])
  running.push(started)
  return started
}

describe('peipkg-farm worker', () => {
  it('declares what works, runs one job with --once, and leaves nothing', async () => {
    const { ended } = worker('--once', '--name', 'w7', '--label', 'cpu=8', '--label', 'kvm')
    const job = await server.give(anAttempt('echo hello; echo kept >file'))
    expect(job.claim).toMatchObject({ worker: 'w7', platforms: ['linux'], labels: { cpu: '8', kvm: 'true' } })
    expect(job.claim.sandboxes).toContain('none')
    expect((await job.finished).result).toEqual({ kind: 'exited', code: 0 })
    expect(job.log.toString()).toBe('hello\n')
    const { code, stdout, stderr } = await ended
    expect([code, stdout]).toEqual([0, ''])
    expect(stderr).toMatch(/worker w7 asks http:.* for jobs of linux\n/)
    expect(stderr).toMatch(/a-job \S+: exited 0\n$/)
    expect(readdirSync(join(directory, 'jobs'))).toEqual([])
  })

  it('loads nothing but Node and its own bundle', async () => {
    const list = join(directory, 'loaded')
    const hook = join(directory, 'hook.cjs')
    writeFileSync(
      hook,
      `const Module = require('node:module')
       const load = Module._load
       const { appendFileSync } = require('node:fs')
       Module._load = function (request, parent) {
         appendFileSync(${JSON.stringify(list)}, request + '\\n')
         return load.apply(this, arguments)
       }`,
    )
    vi.stubEnv('NODE_OPTIONS', `--require ${hook}`)
    const { ended } = worker('--once', '--sandbox', 'none')
    vi.unstubAllEnvs()
    await (await server.give(anAttempt('true'))).finished
    await ended
    const loaded = [...new Set(readFileSync(list, 'utf8').trim().split('\n'))]
    const own = loaded.filter((name) => !name.startsWith('node:') && !isBuiltin(name))
    const bundle = ['main.cjs', 'peipkg-farm', 'program.cjs']
    expect(own.map((name) => basename(name)).filter((name) => !bundle.includes(name))).toEqual([])
    expect(loaded).toContain('node:child_process')
  })

  it('finishes its job when it is asked to end, and ends it when it is asked again', async () => {
    const { child, ended } = worker('--sandbox', 'none')
    const job = await server.give(anAttempt('echo begun; read -r line <fifo || sleep 0.6; echo over'))
    await eventually(() => job.log.toString()).toContain('begun')
    child.kill('SIGTERM')
    expect((await job.finished).result).toEqual({ kind: 'exited', code: 0 })
    expect((await ended).code).toBe(0)
    const second = worker('--sandbox', 'none')
    const other = await server.give(anAttempt('echo begun; sleep 300'))
    await eventually(() => other.log.toString()).toContain('begun')
    second.child.kill('SIGINT')
    second.child.stderr?.once('data', () => second.child.kill('SIGINT'))
    const reason = 'the worker was stopped'
    expect((await other.finished).result).toEqual({ kind: 'infrastructure', reason })
    expect((await second.ended).code).toBe(0)
  })

  it.each(['auto', 'none'])('takes its job with it when it is killed, sandbox %s', async (mode) => {
    const { child } = worker('--sandbox', mode)
    const job = await server.give(anAttempt('echo begun; sleep 311 & sleep 312'))
    await eventually(() => job.log.toString()).toContain('begun')
    child.kill('SIGKILL')
    await eventually(() => sleeping('311', '312')).toEqual([])
    // The next one cleans up after it.
    const { ended } = worker('--once', '--sandbox', mode)
    await (await server.give(anAttempt('true'))).finished
    await ended
    expect(readdirSync(join(directory, 'jobs'))).toEqual([])
  })

  it('waits for a server that is not there yet, and ends when its token is refused', async () => {
    const { port } = server
    await server.close()
    const { child, ended } = worker('--sandbox', 'none')
    const told = new Promise<string>((resolve) => {
      child.stderr?.on('data', (text: string) => {
        if (text.includes('trying again')) resolve(text)
      })
    })
    expect(await told).toContain(`cannot reach the farm at http://127.0.0.1:${port}`)
    server = await openFakeServer(port)
    server.intercept = (request, response) => {
      request.resume()
      answer(response, 401, { error: { code: 'unauthorized', message: 'unknown token' } })
      return true
    }
    const { code, stderr } = await ended
    expect(code).toBe(1)
    expect(stderr).toMatch(/\npeipkg-farm: unknown token\n$/)
  })

  it('refuses a sandbox that is not there, a malformed option, a server that is none', async () => {
    const none = await run('peipkg-farm', ['worker', 'linux', '--sandbox', 'bwrap', '--dir', directory], {
      env: { PATH: '/nonexistent' },
    })
    expect(none.code).toBe(1)
    expect(none.stderr).toContain('sandbox bwrap does not work here: bwrap not found on PATH')
    expect((await run('peipkg-farm', ['worker', 'linux', '--sandbox', 'chroot'])).code).toBe(2)
    expect((await run('peipkg-farm', ['worker'])).code).toBe(2)
    const names = [
      ['a platform', 'of linux'],
      ['option --name', 'linux', '--name', 'of linux'],
      ['the name of a label', 'linux', '--label', 'of linux=1'],
      ['option --architecture', 'linux', '--architecture', 'of linux'],
    ]
    for (const [what = '', ...words] of names) {
      const { code, stderr } = await run('peipkg-farm', [
        'worker',
        ...words,
        '--dir',
        join(directory, 'none'),
      ])
      expect([code, stderr]).toEqual([2, expect.stringContaining(`${what} is made of letters, digits and `)])
    }
    expect(readdirSync(directory)).toEqual(['token'])
    expect((await run('peipkg-farm', ['worker', 'linux', '--remote', 'farm'])).stderr).toContain(
      'the farm\'s address is an http or https URL, not "farm"',
    )
    // A proxy whose server is away says so; the next answer is not even that.
    let answers = 0
    server.intercept = (request, response) => {
      request.resume()
      response.statusCode = answers++ === 0 ? 502 : 200
      response.end('hello')
      return true
    }
    const other = await worker('--sandbox', 'none').ended
    expect([other.code, other.stderr]).toEqual([
      1,
      expect.stringMatching(
        /a proxy answers with status 502 .*trying again\n.*answers at \S+ is no peipkg-farm\n/s,
      ),
    ])
  })
})

function sleeping(...seconds: readonly string[]): readonly number[] {
  return listProcesses()
    .map(({ pid }) => pid)
    .filter((pid) => seconds.some((text) => commandOf(pid) === `sleep\0${text}\0`))
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1')
  } catch {
    return ''
  }
}
