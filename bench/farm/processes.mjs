// The real programs, as processes: a server on either engine, workers, and what is known of them from outside.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const program = fileURLToPath(new URL('../../bin/peipkg-farm', import.meta.url))

/** Starts a server on `directory`; `address` keeps its port over restarts. Resolves when it serves. */
export async function startServer({ directory, database, address = '127.0.0.1:0' }) {
  const words = ['server', '--dir', directory, '--config-dir', join(directory, 'config'), '--listen', address]
  const started = performance.now()
  const child = spawn(process.execPath, [program, ...words, ...(database ? ['--database', database] : [])], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const said = []
  child.stderr.setEncoding('utf8').on('data', (text) => said.push(text))
  const url = await new Promise((resolve, reject) => {
    createInterface(child.stdout).on('line', (line) => {
      const [, found] = /^listening at (\S+)$/.exec(line) ?? []
      if (found !== undefined) resolve(found)
    })
    child.once('exit', (code, signal) =>
      reject(new Error(`the server ended (${code ?? signal}): ${said.join('')}`)),
    )
  })
  await untilHealthy(url)
  return {
    url,
    address: url.replace('http://', ''),
    ready: performance.now() - started,
    token: readFileSync(join(directory, 'admin.token'), 'utf8').trim(),
    tokenFile: join(directory, 'admin.token'),
    /** Bytes: resident now, and the most so far. */
    memory: () => memoryOf(child.pid),
    kill: () => end(child, 'SIGKILL'),
    stop: () => end(child, 'SIGTERM'),
  }
}

async function untilHealthy(url) {
  while (!(await fetch(`${url}/healthz`).catch(() => undefined))?.ok) await sleep(5)
}

/** A real worker. `state`: a directory that several may share. */
export function startWorker({ server, url = server.url, name, platforms, state, sandbox = 'none' }) {
  const words = ['worker', ...platforms, '--remote', url, '--token-file', server.tokenFile]
  const options = ['--name', name, '--sandbox', sandbox, '--dir', state]
  const child = spawn(process.execPath, [program, ...words, ...options], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const said = []
  child.stderr.setEncoding('utf8').on('data', (text) => said.push(text))
  return {
    name,
    pid: child.pid,
    said: () => said.join(''),
    kill: () => end(child, 'SIGKILL'),
    stop: () => end(child, 'SIGKILL'),
  }
}

async function end(child, signal) {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill(signal)
  await ended
}

function memoryOf(pid) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const kib = (key) => Number(new RegExp(`^${key}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) * 1024
  return { now: kib('VmRSS'), most: kib('VmHWM') }
}

export const isAlive = (pid) =>
  existsSync(`/proc/${pid}`) && !/^\d+ \(.*\) [ZX]/s.test(readFileSync(`/proc/${pid}/stat`, 'latin1'))

export const freshDirectory = (scratch, name) => mkdtempSync(join(scratch, `${name}-`))
