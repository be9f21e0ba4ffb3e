/** nginx's part of the farm guide, read by nginx itself; the one for repositories serves one. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { freePort } from '../manager/free-port.ts'
import { installed } from '../manager/programs.ts'
import { fixtures } from '../recipes.ts'
import { configure, serverOf } from './nginx.ts'

let directory: string
let port: number
let server: ChildProcess | undefined

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'peipkg-nginx-'))
  port = await freePort()
})

afterEach(async () => {
  if (server?.exitCode === null) {
    server.kill('SIGQUIT')
    await once(server, 'exit')
  }
  server = undefined
  rmSync(directory, { recursive: true })
})

const read = (args: readonly string[]) => spawnSync('nginx', ['-t', '-q', ...args], { encoding: 'utf8' })

describe.skipIf(!installed('nginx', '-v'))('nginx', () => {
  test('takes what stands before the manager', () => {
    const [certificate, key] = [join(directory, 'cert.pem'), join(directory, 'key.pem')]
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1']
    const files = ['-subj', '/CN=farm.example.org', '-keyout', key, '-out', certificate]
    execFileSync('openssl', ['req', '-x509', ...curve, ...files], { stdio: 'ignore' })
    const args = configure(directory, serverOf('webhooks.md'), {
      'listen 443': `listen 127.0.0.1:${port}`,
      '/etc/ssl/farm.example.org.pem': certificate,
      '/etc/ssl/private/farm.example.org.key': key,
    })
    expect(read(args)).toMatchObject({ status: 0, stderr: '' })
  })

  test('offers a repository as the page says', async () => {
    const repository = join(directory, 'repository')
    cpSync(join(fixtures, 'repository'), repository, { recursive: true })
    mkdirSync(join(repository, '.publish'))
    writeFileSync(join(repository, '.publish/x'), '')
    writeFileSync(join(repository, 'index.html'), '<!doctype html>')
    symlinkSync('/etc/passwd', join(repository, 'link'))
    const places = { 'listen 8080': `listen 127.0.0.1:${port}`, '/srv/packages': repository }
    const args = configure(directory, serverOf('hosting.md'), places)
    expect(read(args)).toMatchObject({ status: 0, stderr: '' })
    server = spawn('nginx', args, { stdio: 'inherit' })
    await expect.poll(() => fetch(url('/')).then(({ status }) => status, String)).toBe(200)

    const [minute, year] = ['public, max-age=60', 'public, max-age=31536000, immutable']
    const foreign = 'p/libfoo/1%3A1.2.3~rc1-2/libfoo_1:1.2.3~rc1-2_x86_64.peipkg'
    const package_ = 'p/hello/0.1-1/hello_0.1-1_noarch.peipkg'
    const [key = ''] = readdirSync(join(repository, 'keys'))
    for (const [path, type, cache] of [
      ['', 'text/html', minute],
      ['repo.json', 'application/json', minute],
      ['repo.json.sig', 'application/octet-stream', minute],
      ['index/active.json', 'application/json', minute],
      [`keys/${key}`, 'application/x-pem-file', 'public, max-age=3600'],
      [package_, 'application/octet-stream', year],
      [foreign, 'application/octet-stream', year],
    ] as const) {
      const { status, headers } = await fetch(url(`/${path}`))
      const said = [status, headers.get('content-type'), headers.get('cache-control')]
      expect(said, path).toEqual([200, type, cache])
      expect(headers.get('etag'), path).not.toBeNull()
    }
    const statusOf = async (path: string) => (await fetch(url(path))).status
    for (const path of ['/.publish/x', '/p/', '/link']) expect(await statusOf(path)).toBeGreaterThan(400)
    const part = await fetch(url(`/${package_}`), { headers: { Range: 'bytes=10-' } })
    expect(part.status).toBe(206)
    const rest = readFileSync(join(repository, package_)).subarray(10)
    expect(Buffer.from(await part.arrayBuffer()).equals(rest)).toBe(true)
  })
})

const url = (path: string): string => `http://127.0.0.1:${port}${path}`
