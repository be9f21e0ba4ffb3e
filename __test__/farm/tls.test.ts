/** TLS as the guide shows it: by a proxy before the server, and by the server itself. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { Agent, request } from 'node:https'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { JobAnswer } from '../../ts/farm/api/job.ts'
import { readCertificate } from '../../ts/farm/server/http/certificate.ts'
import { configure, serverOf } from '../docs/nginx.ts'
import { freePort } from '../manager/free-port.ts'
import { installed } from '../manager/programs.ts'
import { run, start } from '../programs.ts'
import { eventually } from './eventually.ts'
import { openFarm, type RealFarm } from './real-farm.ts'

let farm: RealFarm
const own = (name: string) => join(farm.directory, name)
const trusting = () => ({ ...process.env, NODE_EXTRA_CA_CERTS: own('farm.crt') })
const farmAt = (remote: string, env: NodeJS.ProcessEnv, ...args: readonly string[]) =>
  run('peipkg-farm', [...args, '--remote', remote, '--token-file', farm.tokenFile], { env })

beforeAll(async () => {
  farm = await openFarm('proxy = "127.0.0.1"\n')
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '1']
  const names = ['-subj', '/CN=farm.example.org', '-addext', 'subjectAltName=DNS:localhost']
  const files = ['-keyout', own('farm.key'), '-out', own('farm.crt')]
  execFileSync('openssl', ['req', '-x509', ...curve, ...names, ...files], { stdio: 'ignore' })
  execFileSync('openssl', ['genpkey', '-algorithm', 'ED25519', '-out', own('other.key')])
})
afterAll(() => farm.close())

describe.skipIf(!installed('nginx', '-v'))('a proxy before the server', () => {
  let nginx: ChildProcess
  let port: number
  const remote = () => `https://localhost:${port}`

  beforeAll(async () => {
    port = await freePort()
    const places = {
      'listen 443': `listen 127.0.0.1:${port}`,
      '/etc/ssl/farm.example.org.pem': own('farm.crt'),
      '/etc/ssl/private/farm.example.org.key': own('farm.key'),
      'http://127.0.0.1:1234': farm.url,
    }
    nginx = spawn('nginx', configure(farm.directory, serverOf('operating-farm.md'), places), {
      stdio: 'inherit',
    })
    while ((await ask('GET', '/healthz').catch(() => undefined))?.status !== 200) await sleep(50)
  })
  afterAll(async () => {
    nginx.kill('SIGQUIT')
    await once(nginx, 'exit')
  })

  const ask = (method: string, path: string, headers: Record<string, string> = {}, body = '') =>
    new Promise<{ readonly status: number; readonly cookie: string }>((resolve, reject) => {
      const agent = new Agent({ ca: readFileSync(own('farm.crt')) })
      const sent = request(remote() + path, { method, headers, agent }, (answer) => {
        answer.resume()
        const [cookie = ''] = answer.headers['set-cookie'] ?? []
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, cookie }))
      })
      sent.on('error', reject)
      sent.end(body)
    })

  it('hands on what workers and clients say, to those that trust its certificate', async () => {
    const stranger = await farmAt(remote(), process.env, 'info')
    expect([stranger.code, stranger.stderr]).toEqual([1, expect.stringContaining('in NODE_EXTRA_CA_CERTS')])
    writeFileSync(own('hello.sh'), 'echo hello\n')
    const words = ['schedule', 'hello', 'linux', own('hello.sh'), '--period', 'never', '--no-run-now']
    expect((await farmAt(remote(), trusting(), ...words)).code).toBe(0)
    expect((await farmAt(remote(), trusting(), 'info', '--json')).stdout).toContain('"job": "hello"')
  })

  it('may be without its server for a while: workers ask again', async () => {
    const where = ['--remote', remote(), '--token-file', farm.tokenFile, '--dir', own('jobs')]
    const worker = ['worker', 'linux', '--name', 'tls', '--sandbox', 'none', ...where]
    const { child, ended } = start('peipkg-farm', worker, { env: trusting() })
    try {
      const told: string[] = []
      child.stderr?.on('data', (text: string) => told.push(text))
      await eventually(async () => (await farm.farm('workers')).stdout).toMatch(/^tls {2}idle/m)
      await farm.stopServer()
      await eventually(() => told.join('')).toContain('a proxy answers with status 502')
      await farm.startServer()
      const { code, stdout } = await farmAt(remote(), trusting(), 'execute', 'hello', '--wait')
      expect([code, stdout]).toEqual([0, expect.stringContaining('hello\nexited 0\n')])
    } finally {
      child.kill('SIGTERM')
    }
    expect((await ended).code).toBe(0)
  })

  it('lets the page act, with a cookie that stays within TLS', async () => {
    const token = readFileSync(farm.tokenFile, 'utf8').trim()
    const login = await ask('POST', '/login', {}, String(new URLSearchParams({ token })))
    expect([login.status, login.cookie]).toEqual([303, expect.stringMatching(/; Secure$/)])
    await farm.farm('schedule', 'waits', 'nowhere', own('hello.sh'), '--period', 'never', '--no-run-now')
    const { executions } = await farm.json<JobAnswer>('execute', 'waits')
    const headers = { cookie: login.cookie.split(';')[0] ?? '', origin: remote() }
    expect((await ask('POST', `/executions/${executions[0]}/cancel`, headers)).status).toBe(303)
  })
})

describe('the server itself', () => {
  it('offers its certificate', async () => {
    const port = await freePort()
    const etc = own('tls-etc')
    mkdirSync(etc)
    const lines = [`listen = "127.0.0.1:${port}"`, `tls_cert = "${own('farm.crt')}"`]
    writeFileSync(join(etc, 'farm.toml'), `${lines.join('\n')}\ntls_key = "${own('farm.key')}"\n`)
    const { child, ended } = start('peipkg-farm', ['server', '--dir', own('tls'), '--config-dir', etc])
    try {
      // Also while it is starting: no client takes it for something else.
      const info = () =>
        run('peipkg-farm', ['info', '--remote', `https://localhost:${port}`], {
          env: { ...trusting(), PEIPKG_FARM_TOKEN_FILE: own('tls/admin.token') },
        })
      await eventually(async () => (await info()).code).toBe(0)
      const plain = await farmAt(farm.url.replace('http:', 'https:'), trusting(), 'info')
      expect(plain.stderr).toContain('what answers there speaks no TLS')
    } finally {
      child.kill('SIGTERM')
    }
    expect((await ended).code).toBe(0)
  })

  it('does not start with a key that is none, or another one', () => {
    const read = (tlsKey: string) => () => readCertificate({ tlsCertificate: own('farm.crt'), tlsKey })
    expect(read(own('farm.key'))().key.length).toBeGreaterThan(0)
    expect(read(own('farm.crt'))).toThrow(`${own('farm.crt')} is no private key without a passphrase in PEM`)
    expect(read(own('other.key'))).toThrow(`tls_key ${own('other.key')} is not the key of tls_cert`)
    expect(read(own('missing'))).toThrow(`cannot read ${own('missing')}`)
  })
})
