// A registry on loopback (Verdaccio), and before it a proxy that counts what it serves.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { toolsOf, verdaccio } from './parts.mjs'

/** Everybody may publish, nothing comes from elsewhere. */
const configuration = (directory) => `
storage: ${directory}/storage
auth: { htpasswd: { file: ${directory}/htpasswd, max_users: -1 } }
uplinks: {}
packages: { '**': { access: $all, publish: $all, unpublish: $all } }
max_body_size: 64mb
web: { enable: false }
log: { type: stdout, level: warn }
`

/** `served`: of every path since it was asked the last time, how often and how many bytes. */
export async function openRegistry(scratch) {
  const directory = join(scratch, 'registry')
  mkdirSync(directory)
  writeFileSync(join(directory, 'config.yaml'), configuration(directory))
  const port = await freePort()
  const child = spawn(
    process.execPath,
    [verdaccio, '--config', join(directory, 'config.yaml'), '--listen', `127.0.0.1:${port}`],
    {
      cwd: directory,
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { PATH: process.env.PATH, HOME: directory },
    },
  )
  const counting = await openCounting(port)
  const close = () => {
    counting.close()
    child.kill()
  }
  try {
    await answering(`http://127.0.0.1:${port}/-/ping`)
  } catch (error) {
    close()
    throw error
  }
  return { url: counting.url, served: counting.served, close }
}

/** What npm asks of a token, for a registry that asks for none. */
export function publish(registry, tarballs) {
  const host = registry.replace('http:', '')
  const { npm } = toolsOf('24')
  for (const tarball of readdirSync(tarballs).filter((name) => name.endsWith('.tgz'))) {
    const options = [
      `--registry=${registry}`,
      `--${host}:_authToken=none`,
      '--ignore-scripts',
      '--loglevel=error',
    ]
    const { status, stderr } = spawnSync(process.execPath, [npm, 'publish', `./${tarball}`, ...options], {
      cwd: tarballs,
      encoding: 'utf8',
    })
    if (status !== 0) throw new Error(`${tarball} cannot be published:\n${stderr}`)
  }
}

async function openCounting(to) {
  const program = fileURLToPath(new URL('counting.mjs', import.meta.url))
  const child = spawn(process.execPath, [program, String(to)], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = await once(child.stdout, 'data')
  const url = `http://127.0.0.1:${Number(line)}/`
  return { url, served: async () => await (await fetch(`${url}-/served`)).json(), close: () => child.kill() }
}

async function answering(url) {
  for (let tries = 0; tries < 1500; tries += 1) {
    if (
      await fetch(url).then(
        ({ ok }) => ok,
        () => false,
      )
    )
      return
    await sleep(200)
  }
  throw new Error(`nothing answers at ${url}`)
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })
}
