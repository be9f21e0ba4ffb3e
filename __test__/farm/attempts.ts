/** Attempts and workers for tests. */
import { randomUUID } from 'node:crypto'
import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Attempt } from '../../ts/farm/api/attempt.ts'
import { type Connection, connect } from '../../ts/farm/client/connection.ts'
import type { WorkerSettings } from '../../ts/farm/worker/settings.ts'
import { usualTiming } from '../../ts/farm/worker/settings.ts'
import { work } from '../../ts/farm/worker/worker.ts'

export function anAttempt(script: string, more: Partial<Attempt> = {}): Attempt {
  return {
    token: `token-${randomUUID()}`,
    execution: randomUUID(),
    job: 'a-job',
    number: 1,
    platform: 'linux',
    kind: 'script',
    script,
    files: [],
    environment: {},
    sandbox: null,
    network: false,
    recipe: null,
    ...more,
    limits: {
      wall_ms: 60_000,
      silence_ms: 60_000,
      artifact_bytes: 64 * 2 ** 20,
      output_bytes: 128 * 2 ** 20,
      log_bytes: 16 * 2 ** 20,
      memory_bytes: 0,
      processes: 0,
      cpu_ms: 0,
      ...more.limits,
    },
  }
}

export interface TestWorker {
  readonly lines: string[]
  readonly directory: string
  /** Lets it go, and waits for its end. */
  leave(): Promise<void>
}

export function startWorker(
  remote: string,
  settings: Partial<WorkerSettings> = {},
  once = false,
): TestWorker {
  const directory = mkdtempSync(join(realpathSync(tmpdir()), 'peipkg-worker-'))
  const connection: Connection = connect(remote, 'secret')
  const leave = new AbortController()
  const lines: string[] = []
  const done = work({
    connection,
    settings: {
      name: 'w1',
      platforms: ['linux'],
      architecture: 'x86_64',
      labels: {},
      sandboxes: ['none'],
      directory,
      buildProgram: undefined,
      memoryBytes: 0,
      processes: 0,
      cpuMs: 0,
      ...settings,
      timing: { ...usualTiming, heartbeat: 100, claim: 2000, ...settings.timing },
    },
    once,
    say: (line) => lines.push(line),
    leave: leave.signal,
    stop: new AbortController().signal,
  })
  return {
    lines,
    directory,
    async leave() {
      leave.abort()
      await done
      connection.close()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}
