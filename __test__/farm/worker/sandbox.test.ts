/** What a job can see, reach and leave behind, in each sandbox that works on this machine. */

import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Sandbox } from '../../../ts/farm/api/job.ts'
import type { AttemptResult } from '../../../ts/farm/api/result.ts'
import { createJobDirectories } from '../../../ts/farm/worker/job-directories.ts'
import { listProcesses } from '../../../ts/farm/worker/processes.ts'
import { Ending, type RunRequest, run } from '../../../ts/farm/worker/run.ts'
import { sandboxedCommand } from '../../../ts/farm/worker/sandbox/command.ts'
import { probeSandbox } from '../../../ts/farm/worker/sandbox/probe.ts'
import type { JobDirectories, JobLimits } from '../../../ts/farm/worker/sandbox/request.ts'

const modes: readonly Sandbox[] = ['bwrap', 'unshare', 'none']
const probed = await Promise.all(modes.map(probeSandbox))
for (const { mode, problem } of probed) {
  if (problem !== undefined) console.log(`sandbox ${mode} is not tested here: ${problem}`)
}
const working = probed.filter(({ problem }) => problem === undefined).map(({ mode }) => mode)
const containing = working.filter((mode) => mode !== 'none')

let root: string
let directories: JobDirectories

beforeEach(() => {
  root = mkdtempSync(join(realpathSync(tmpdir()), 'peipkg-sandbox-'))
  directories = createJobDirectories(join(root, 'job'))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const generous: JobLimits = { cpuMs: 0, memoryBytes: 0, fileBytes: 0, processes: 0 }

interface Options extends Partial<RunRequest> {
  readonly network?: boolean
  readonly environment?: Readonly<Record<string, string>>
  /** When this is printed, the job is stopped as cancelled. */
  readonly stopAt?: string
}

async function execute(
  mode: Sandbox,
  script: string,
  options: Options = {},
): Promise<{ readonly result: AttemptResult; readonly text: string; readonly notes: readonly string[] }> {
  const limits = options.limits ?? generous
  const command = sandboxedCommand(mode, {
    command: ['/bin/sh', '-c', script],
    directories,
    environment: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', FARM_MARK: root, ...options.environment },
    limits,
    network: options.network ?? false,
    readable: [],
  })
  const stop = new AbortController()
  let text = ''
  const notes: string[] = []
  const result = await run({
    command,
    pipe: join(root, 'job', 'pipe'),
    wallMs: 60_000,
    silenceMs: 60_000,
    note: (line) => notes.push(line),
    stop: stop.signal,
    graceMs: 10_000,
    mark: `FARM_MARK=${root}`,
    ...options,
    limits,
    output(chunk) {
      text += chunk.toString()
      if (options.stopAt !== undefined && text.includes(options.stopAt)) {
        stop.abort(new Ending({ kind: 'cancelled' }))
      }
    },
  })
  return { result, text, notes }
}

it('works in at least one mode', () => expect(working).toContain('none'))

describe.each(working)('any sandbox: %s', (mode) => {
  it('tells how the job ended, and keeps what it left', async () => {
    expect((await execute(mode, 'exit 0')).result).toEqual({ kind: 'exited', code: 0 })
    expect((await execute(mode, 'exit 7')).result).toEqual({ kind: 'exited', code: 7 })
    expect((await execute(mode, 'exit 137')).result).toEqual({ kind: 'exited', code: 137 })
    expect((await execute(mode, 'kill -KILL $$')).result).toEqual({ kind: 'signalled', signal: 9 })
    expect((await execute(mode, 'kill -TERM $$')).result).toEqual({ kind: 'signalled', signal: 15 })
    expect((await execute(mode, 'echo here >file')).result).toEqual({ kind: 'exited', code: 0 })
    expect(readFileSync(join(directories.output, 'file'), 'utf8')).toBe('here\n')
  })

  it('gives both streams in order, through a real pipe', async () => {
    const script = 'for i in 1 2 3; do echo "out $i"; echo "err $i" >&2; echo "dev $i" >/dev/stderr; done'
    const lines = [1, 2, 3].flatMap((i) => [`out ${i}`, `err ${i}`, `dev ${i}`])
    expect((await execute(mode, script)).text).toBe(`${lines.join('\n')}\n`)
  })

  it('has a clean environment, and no descriptors but its own', async () => {
    process.env.FARM_SECRET = 'of the worker'
    const { text } = await execute(
      mode,
      'env; echo; ls /proc/self/fd | tr "\\n" " "; read -r line; echo "$?"',
      {
        environment: { GIVEN: 'to the job' },
      },
    )
    expect(text).not.toContain('FARM_SECRET')
    expect(text).toContain('GIVEN=to the job')
    // What this very process was started with is everybody's; 3 is the listing's own.
    const { stdout } = spawnSync('/bin/sh', ['-c', 'ls /proc/self/fd | tr "\\n" " "'], { encoding: 'utf8' })
    expect(text.trim().split('\n').at(-1)).toBe(`${stdout}1`)
  })

  it('ends at the limits of time, TERM first, KILL when that is ignored', async () => {
    const polite = `trap 'echo asked; exit 3' TERM; echo begun; while :; do sleep 0.05; done`
    const asked = await execute(mode, polite, { stopAt: 'begun' })
    expect(asked.result).toEqual({ kind: 'cancelled' })
    expect(asked.text).toMatch(/^begun\n(Terminated\n)?asked\n$/)
    const stubborn = `trap '' TERM; echo begun; while :; do sleep 0.05; done`
    const ignored = { graceMs: 200 }
    expect((await execute(mode, stubborn, { ...ignored, silenceMs: 300 })).result).toEqual({ kind: 'silent' })
    expect((await execute(mode, stubborn, { ...ignored, wallMs: 300 })).result).toEqual({ kind: 'timed out' })
  })

  it('is not silent while it says something', async () => {
    const script = 'for i in 1 2 3 4 5 6 7 8; do echo $i; sleep 0.5; done'
    expect((await execute(mode, script, { silenceMs: 3000 })).result).toEqual({ kind: 'exited', code: 0 })
  })

  it('is cancelled with all of its group', async () => {
    const { result } = await execute(mode, 'sleep 300 & sleep 301 & echo begun; wait', { stopAt: 'begun' })
    expect(result).toEqual({ kind: 'cancelled' })
    expect(sleeping('300', '301')).toEqual([])
  })

  it('takes daemons with it that left their group', async () => {
    const script = 'setsid sh -c "echo here; exec sleep 302" & sleep 0.3; echo over'
    const { result, text } = await execute(mode, script)
    expect(result).toEqual({ kind: 'exited', code: 0 })
    expect(text).toContain('here')
    expect(sleeping('302')).toEqual([])
  })

  it('takes no more of the processor, no larger files, than it may', async () => {
    const cpu = await execute(mode, 'while :; do :; done', { limits: { ...generous, cpuMs: 1000 } })
    expect(cpu.result.kind).toBe('signalled')
    const large = await execute(mode, 'head -c 100000 /dev/zero >large', {
      limits: { ...generous, fileBytes: 4096 },
    })
    expect(large.result).not.toEqual({ kind: 'exited', code: 0 })
    expect(readFileSync(join(directories.output, 'large')).length).toBeLessThanOrEqual(4096)
  })

  it('takes no more memory and has no more processes than it may', async () => {
    const memory = await execute(mode, 'x=$(head -c 200000000 /dev/zero | tr "\\0" x); echo "$x" | wc -c', {
      limits: { ...generous, memoryBytes: 64 * 2 ** 20 },
    })
    expect(memory.result).not.toEqual({ kind: 'exited', code: 0 })
    const script = 'for i in 1 2 3 4 5 6 7 8 9 10 11 12; do sleep 303 & done; wait'
    const many = await execute(mode, script, { limits: { ...generous, processes: 8 } })
    expect(many.result).not.toEqual({ kind: 'exited', code: 0 })
    expect(sleeping('303')).toEqual([])
  })

  it('counts memory that its processes share once', async () => {
    const fill = '$(head -c 12000000 /dev/zero | tr "\\0" x)'
    const twelve = 'for i in 1 2 3 4 5 6 7 8 9 10 11 12'
    const limits = { ...generous, memoryBytes: 100 * 2 ** 20 }
    const forked = await execute(mode, `x=${fill}; ${twelve}; do (sleep 2.2; :) & done; wait`, { limits })
    expect([forked.result, forked.notes]).toEqual([{ kind: 'exited', code: 0 }, []])
    const alone = await execute(mode, `${twelve}; do (x=${fill}; sleep 305; :) & done; wait`, { limits })
    expect(alone.notes.join()).toMatch(/its processes use \d+ MiB of memory together, 100 MiB are allowed/)
    expect(alone.result).toEqual({ kind: 'signalled', signal: 9 })
  })

  it('ends when its output cannot be kept', async () => {
    const command = sandboxedCommand(mode, {
      command: ['/bin/sh', '-c', 'echo x; sleep 304'],
      directories,
      environment: { PATH: '/bin:/usr/bin' },
      limits: generous,
      network: false,
      readable: [],
    })
    const result = await run({
      command,
      pipe: join(root, 'job', 'pipe'),
      limits: generous,
      wallMs: 60_000,
      silenceMs: 60_000,
      note: () => {},
      stop: new AbortController().signal,
      output() {
        throw new Error('no space left')
      },
    })
    expect(result).toEqual({ kind: 'infrastructure', reason: 'cannot keep the output: no space left' })
    expect(sleeping('304')).toEqual([])
  })
})

describe.each(containing)('namespaces: %s', (mode) => {
  it('has no network, and only where it was asked for the one of the machine', async () => {
    const server = createServer((socket) => socket.end('reached\n'))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    const call = `${process.execPath} -e 'require("net").connect(${port}, "127.0.0.1").on("error", (e) => console.log(e.code)).pipe(process.stdout)'`
    const limits = generous
    const asked = async (network: boolean) => {
      const command = sandboxedCommand(mode, {
        command: ['/bin/sh', '-c', call],
        directories,
        environment: { PATH: '/bin:/usr/bin' },
        limits,
        network,
        readable: [realpathSync(process.execPath), process.execPath],
      })
      let text = ''
      const output = (chunk: Buffer) => {
        text += chunk
      }
      const times = { wallMs: 60_000, silenceMs: 60_000 }
      const stop = new AbortController().signal
      await run({ command, pipe: join(root, 'job', 'pipe'), limits, ...times, note: () => {}, stop, output })
      return text
    }
    try {
      expect(await asked(false)).toMatch(/ECONNREFUSED|ENETUNREACH/)
      expect(await asked(true)).toBe('reached\n')
    } finally {
      server.close()
    }
  })

  it('can write to its own directories only', async () => {
    writeFileSync(join(root, 'of-the-worker'), 'secret')
    const script = `
      for place in / /usr /etc /bin /build /build/given /dev /proc /root ${root}; do
        ( : >"$place/written" ) 2>/dev/null && echo "wrote to $place"
      done
      for place in /build/source /build/out /build/work /tmp; do : >"$place/written" || echo "could not write to $place"; done
      cat ${root}/of-the-worker 2>/dev/null
      [ -e ${process.cwd()}/package.json ] && echo 'sees the project'
      mount -t tmpfs x /usr 2>/dev/null && echo mounted
      mount -o remount,rw /usr 2>/dev/null && echo remounted
      echo done`
    expect((await execute(mode, script)).text).toBe('done\n')
    expect(existsSync(join(directories.temporary, 'written'))).toBe(true)
  })

  it('has namespaces of its own and is nobody in particular', async () => {
    const links =
      'for n in user pid net ipc uts mnt; do readlink /proc/self/ns/$n; done; id -u; grep CapEff /proc/self/status'
    const { text } = await execute(mode, links)
    const lines = text.trim().split('\n')
    for (const [index, name] of ['user', 'pid', 'net', 'ipc', 'uts', 'mnt'].entries()) {
      expect(lines[index]).toMatch(new RegExp(`^${name}:\\[\\d+\\]$`))
      expect(lines[index]).not.toBe(readNamespace(name))
    }
    expect(lines.slice(6)).toEqual(['1000', 'CapEff:\t0000000000000000'])
  })

  it('does not show what only root may read', async () => {
    const { text } = await execute(mode, 'cat /etc/shadow 2>/dev/null; echo; cat /etc/passwd | grep -c root')
    expect(text).toBe('\n1\n')
  })
})

function readNamespace(name: string): string {
  return readlinkSync(`/proc/self/ns/${name}`)
}

/** Processes `sleep N` of these tests. */
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

// Tests that run as root must not be all that there is: most workers are not root, and their namespaces have one user only.
const asNobody = ['--reuid=65534', '--regid=65534', '--clear-groups', '--']
const namespaces =
  process.getuid?.() === 0 &&
  spawnSync('setpriv', [...asNobody, 'unshare', '--user', '--map-root-user', 'true']).status === 0
if (!namespaces) console.log('sandboxes are not tested as another user here: not root, or no user namespaces')

describe.each(containing)('of a worker that is not root: %s', (mode) => {
  it.skipIf(!namespaces)('works, and the job writes nowhere but where it may', () => {
    chmodSync(root, 0o755)
    chownTree(join(root, 'job'))
    const { program, args, environment, directory } = sandboxedCommand(mode, {
      command: ['/bin/sh', '-c', 'echo here >file; touch /x /dev/x /usr/x 2>/dev/null || echo refused'],
      directories,
      environment: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
      limits: generous,
      network: false,
      readable: [],
    })
    const { stdout, stderr } = spawnSync('setpriv', [...asNobody, program, ...args], {
      cwd: directory,
      env: { ...environment },
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
      encoding: 'utf8',
    })
    expect({ stdout, stderr }).toEqual({ stdout: 'refused\n', stderr: '' })
    expect(readFileSync(join(directories.output, 'file'), 'utf8')).toBe('here\n')
    for (const path of ['/x', '/dev/x', '/usr/x']) expect(existsSync(path)).toBe(false)
  })
})

function chownTree(path: string): void {
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    if (entry.isDirectory()) chownTree(join(path, entry.name))
  }
  chownSync(path, 65_534, 65_534)
}
