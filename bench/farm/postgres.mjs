// A PostgreSQL of its own: Debian's programs, in a scratch directory, as an unprivileged user, on loopback.
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const home = '/usr/lib/postgresql'
const nobody = 65_534

/** The directory of its programs, or undefined. */
export function postgresPrograms() {
  const versions = existsSync(home) ? readdirSync(home).sort() : []
  return versions.map((version) => `${home}/${version}/bin`).findLast((path) => existsSync(`${path}/initdb`))
}

/** A cluster that is durable as it is by default: what is measured is the real thing. */
export async function openPostgres(programs) {
  const directory = mkdtempSync(join(tmpdir(), 'peipkg-postgres-'))
  const user = process.getuid() === 0 ? { uid: nobody, gid: nobody } : {}
  if (user.uid !== undefined) chownSync(directory, nobody, nobody)
  const options = { ...user, cwd: directory, env: { PATH: process.env.PATH, LC_ALL: 'C' }, stdio: 'ignore' }
  const data = join(directory, 'data')
  execFileSync(`${programs}/initdb`, ['-D', data, '-U', 'farm', '-A', 'trust', '-E', 'UTF8'], options)
  const port = await freePort()
  const query = (text) =>
    execFileSync(
      `${programs}/psql`,
      ['-q', '-h', '127.0.0.1', '-p', port, '-U', 'farm', 'postgres', '-c', text],
      options,
    )
  let server
  const start = async () => {
    server = spawn(`${programs}/postgres`, ['-D', data, '-p', port, '-h', '127.0.0.1', '-k', ''], options)
    for (let tries = 0; ; tries++) {
      try {
        return query('select 1')
      } catch (error) {
        if (tries > 400) throw error
        await sleep(50)
      }
    }
  }
  const end = async (signal) => {
    if (server.exitCode !== null || server.signalCode !== null) return
    const ended = once(server, 'exit')
    server.kill(signal)
    await ended
  }
  await start()
  return {
    create(name) {
      query(`create database ${name}`)
      return `postgres://farm@127.0.0.1:${port}/${name}`
    },
    /** All its processes go at once, as when the machine crashes; then it comes back and recovers. */
    async crash() {
      await end('SIGQUIT')
      await start()
    },
    async close() {
      await end('SIGQUIT')
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  return String(port)
}
