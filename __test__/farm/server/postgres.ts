/** A PostgreSQL of the tests' own: Debian's programs, in a scratch directory, as an unprivileged user, on loopback. */
import { execFileSync, spawn } from 'node:child_process'
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../../manager/free-port.ts'

export interface Postgres {
  /** A database that nobody else uses. */
  create(name: string): string
  /** Its first process, by SIGKILL: nothing is told to anybody. */
  kill(): Promise<void>
  start(): Promise<void>
  close(): Promise<void>
}

const nobody = 65_534

/** The directory of its programs; undefined, with a line that says so, where there are none. */
export function postgresPrograms(): string | undefined {
  const versions = existsSync('/usr/lib/postgresql') ? readdirSync('/usr/lib/postgresql').sort() : []
  const found = versions
    .map((version) => `/usr/lib/postgresql/${version}/bin`)
    .findLast((path) => existsSync(`${path}/initdb`))
  if (found === undefined) console.log('PostgreSQL is not installed: only the embedded engine is tested')
  return found
}

export async function openPostgres(programs: string): Promise<Postgres> {
  const directory = mkdtempSync(join(tmpdir(), 'peipkg-postgres-'))
  const user = process.getuid?.() === 0 ? { uid: nobody, gid: nobody } : {}
  if ('uid' in user) chownSync(directory, nobody, nobody)
  const data = join(directory, 'data')
  const environment = { ...user, env: { PATH: process.env.PATH ?? '', LC_ALL: 'C' }, cwd: directory }
  execFileSync(`${programs}/initdb`, ['-D', data, '-U', 'farm', '-A', 'trust', '-N', '-E', 'UTF8'], {
    ...environment,
    stdio: 'ignore',
  })
  const port = await freePort()
  let server: ReturnType<typeof spawn> | undefined
  const url = (name: string) => `postgres://farm@127.0.0.1:${port}/${name}`
  const run = (text: string) =>
    execFileSync(
      `${programs}/psql`,
      ['-q', '-h', '127.0.0.1', '-p', String(port), '-U', 'farm', 'postgres', '-c', text],
      {
        ...environment,
        stdio: 'pipe',
      },
    )
  const start = async () => {
    const options = ['-D', data, '-p', String(port), '-h', '127.0.0.1', '-k', '', '-F']
    const launch = () => spawn(`${programs}/postgres`, options, { ...environment, stdio: 'ignore' })
    server = launch()
    for (let tries = 0; ; tries++) {
      // Those that were left by a first process that was killed keep a new one from starting until they have noticed.
      if (server.exitCode !== null) server = launch()
      try {
        run('select 1')
        return
      } catch (error) {
        if (tries > 200) throw error
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
    }
  }
  const end = async (signal: NodeJS.Signals) => {
    const current = server
    if (current === undefined || current.exitCode !== null || current.signalCode !== null) return
    const ended = new Promise((resolve) => current.once('exit', resolve))
    current.kill(signal)
    await ended
  }
  await start()
  return {
    create(name) {
      run(`create database ${name}`)
      return url(name)
    },
    kill: () => end('SIGKILL'),
    start,
    async close() {
      await end('SIGQUIT')
      rmSync(directory, { recursive: true, force: true })
    },
  }
}
