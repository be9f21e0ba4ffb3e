/** A farm of built programs: a server with the embedded engine, workers, and a client that talks to them. */
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../manager/free-port.ts'
import { type Ended, type Running, run, start } from '../programs.ts'

export interface RealFarm {
  readonly directory: string
  readonly port: number
  readonly url: string
  readonly tokenFile: string
  /** A command of the client. */
  farm(...args: readonly string[]): Promise<Ended>
  /** The JSON document that it prints. */
  json<T>(...args: readonly string[]): Promise<T>
  /** Starts one; `options.remote`: another way to the server. */
  worker(platform: string, ...args: readonly string[]): Running
  startServer(): Promise<Running>
  /** Resolves when it has ended, and what it had is free. */
  stopServer(): Promise<void>
  close(): Promise<void>
}

/** `toml`: its farm.toml. The server is started. */
export async function openFarm(toml = '', environment: NodeJS.ProcessEnv = {}): Promise<RealFarm> {
  const directory = mkdtempSync(join(realpathSync(tmpdir()), 'peipkg-real-farm-'))
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const tokenFile = join(directory, 'state/admin.token')
  const running = new Set<Running>()
  mkdirSync(join(directory, 'etc'))
  writeFileSync(join(directory, 'etc/farm.toml'), toml)
  const env = { ...process.env, PEIPKG_FARM_REMOTE: url, PEIPKG_FARM_TOKEN_FILE: tokenFile, ...environment }
  const options = { cwd: directory, env }
  const keep = (started: Running): Running => {
    running.add(started)
    void started.ended.then(() => running.delete(started))
    return started
  }
  let server: Running | undefined
  const farm: RealFarm = {
    directory,
    port,
    url,
    tokenFile,
    farm: (...args) => run('peipkg-farm', args, options),
    async json(...args) {
      const { code, stdout, stderr } = await run('peipkg-farm', [...args, '--json'], options)
      if (code === 2 || stdout === '') throw new Error(`${args.join(' ')}: ${stderr}`)
      return JSON.parse(stdout)
    },
    worker: (platform, ...args) =>
      keep(start('peipkg-farm', ['worker', platform, '--dir', join(directory, 'jobs'), ...args], options)),
    async startServer() {
      const where = ['--dir', 'state', '--config-dir', 'etc', '--listen', `127.0.0.1:${port}`]
      server = keep(start('peipkg-farm', ['server', ...where], options))
      await answers(url, server, tokenFile)
      return server
    },
    async stopServer() {
      server?.child.kill('SIGTERM')
      await server?.ended
    },
    async close() {
      for (const { child } of running) child.kill('SIGKILL')
      await Promise.all([...running].map(({ ended }) => ended))
      rmSync(directory, { recursive: true, force: true })
    },
  }
  await farm.startServer()
  return farm
}

async function answers(url: string, { child, ended }: Running, tokenFile: string): Promise<void> {
  while (child.exitCode === null) {
    const answer = await fetch(`${url}/healthz`).catch(() => undefined)
    if (answer?.ok === true && existsSync(tokenFile)) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`the server ended: ${(await ended).stderr}`)
}
