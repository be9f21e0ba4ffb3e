/** `peipkg-farm worker`: claims jobs and runs them. Loads nothing but Node and what lies in this bundle. */
import { existsSync } from 'node:fs'
import { homedir, totalmem } from 'node:os'
import { fileURLToPath } from 'node:url'
import { Option } from 'clipanion'
import { parseSize } from '../../config/quantity.ts'
import type { Sandbox } from '../../farm/api/job.ts'
import { Ending, infrastructure } from '../../farm/worker/run.ts'
import { chooseSandboxes, type Probed } from '../../farm/worker/sandbox/probe.ts'
import { usualTiming, type WorkerSettings } from '../../farm/worker/settings.ts'
import { openWorkerState } from '../../farm/worker/state.ts'
import { work } from '../../farm/worker/worker.ts'
import { findProgram } from '../../manager/find-program.ts'
import { escapeText } from '../../native/escape.ts'
import { UsageError } from '../usage-error.ts'
import { parseChoice, parseDuration, parseWholeNumber } from '../values.ts'
import { FarmCommand } from './farm-command.ts'
import { identityOf } from './worker-identity.ts'

const modes: readonly (Sandbox | 'auto')[] = ['auto', 'bwrap', 'unshare', 'none']

/** Root's below the system's, anybody else's below the home directory. */
const defaultDirectory =
  process.getuid?.() === 0
    ? `${process.platform === 'freebsd' ? '/var/db' : '/var/lib'}/peipkg-farm-worker`
    : `${homedir()}/.local/state/peipkg-farm-worker`

/** Three quarters of the machine. */
const defaultMemory = Math.floor(totalmem() * 0.75)
const defaultProcesses = 4096

export class WorkerCommand extends FarmCommand {
  static override readonly synopsis = '<platform>… [options]'
  static override readonly details = [
    'A platform is a name for what a job needs of a machine, as debian-12-x86_64. The worker asks the farm for a job of one of its platforms, runs it in a sandbox, sends its log and its artifacts, and asks again. It never sees a signing key, and needs nothing but Node and a shell; recipes need git and peipkg-build too.',
    'auto tries bubblewrap and unshare with a real run and says what works; a job may ask for one of them. With none of them a job is no more contained than any process: run such a worker in a jail or a machine of its own, with --once.',
    'SIGTERM and SIGINT: it takes nothing more, finishes its job and ends with 0. A second one ends the job, which is then done elsewhere.',
  ]
  static override readonly examples = [
    'worker debian-12-x86_64 --remote https://farm.example.org --token-file /etc/peipkg-farm/worker.token',
    'worker freebsd-14 --once',
    'worker debian-12-x86_64 --name builder-2 --label cpu=8 --label kvm --sandbox bwrap',
  ]
  readonly name = Option.String('--name', {
    description: '<name> among all workers of the farm (the name of this host)',
  })
  readonly label = Option.Array('--label', [], {
    description: '<name[=value]> what jobs may require; may be repeated',
  })
  readonly architecture = Option.String('--architecture', {
    description: '<name> that it builds packages for (that of this machine)',
  })
  readonly sandbox = Option.String('--sandbox', 'auto', {
    description: '<mode> auto, bwrap, unshare or none (auto)',
  })
  readonly once = Option.Boolean('--once', false, { description: 'takes one job, then ends' })
  readonly dir = Option.String('--dir', {
    description:
      '<dir> where jobs have their files (/var/lib/peipkg-farm-worker, or below the home directory)',
  })
  readonly memory = Option.String('--memory', {
    description: '<size> that one job may use in all, as 8GiB (three quarters of this machine)',
  })
  readonly processes = Option.String('--processes', {
    description: `<number> that one job may have (${defaultProcesses})`,
  })
  readonly cpuTime = Option.String('--cpu-time', {
    description: '<time> of the processor that one job may use, as 2h (no limit)',
  })
  readonly platforms = Option.Rest({ required: 1, name: 'platform' })

  override async run(): Promise<number> {
    const mode = parseChoice('--sandbox', this.sandbox, modes)
    const limits = this.limits()
    const identity = identityOf(this)
    const sandboxes = await chooseSandboxes(mode, (probed) => this.tell(probed))
    const state = await openWorkerState(this.dir ?? defaultDirectory)
    const settings: WorkerSettings = {
      ...identity,
      sandboxes,
      directory: state.directory,
      buildProgram: findBuildProgram(),
      ...limits,
      timing: usualTiming,
    }
    const connection = this.openFarm()
    const signals = leaveOnSignal((line) => this.say(line))
    try {
      if (state.ended > 0) this.say(`ended ${state.ended} processes that an earlier worker left`)
      this.introduce(settings, connection.remote)
      const { once } = this
      await work({ connection, settings, once, say: (line) => this.say(line), ...signals })
      return 0
    } finally {
      signals.release()
      connection.close()
      state.remove()
    }
  }

  private limits(): Pick<WorkerSettings, 'memoryBytes' | 'processes' | 'cpuMs'> {
    const memoryBytes = this.memory === undefined ? defaultMemory : parseSize(this.memory)
    if (memoryBytes === undefined) {
      throw new UsageError('malformed', `option --memory is a size such as 8GiB, not "${this.memory}"`)
    }
    return {
      memoryBytes,
      processes:
        this.processes === undefined
          ? defaultProcesses
          : parseWholeNumber('--processes', this.processes, 1, 2 ** 22),
      cpuMs: this.cpuTime === undefined ? 0 : parseDuration('--cpu-time', this.cpuTime) * 1000,
    }
  }

  private tell({ mode, problem }: Probed): void {
    if (mode === 'none') return
    this.say(problem === undefined ? `sandbox ${mode} works` : `sandbox ${mode} does not work: ${problem}`)
  }

  private introduce({ name, platforms, sandboxes, buildProgram }: WorkerSettings, remote: string): void {
    if (sandboxes[0] === 'none') {
      this.say('jobs run without a sandbox: this should be a jail or a machine that holds nothing else')
    }
    if (buildProgram === undefined) this.say('takes no recipes: git and peipkg-build are needed for them')
    this.say(`worker ${name} asks ${remote} for jobs of ${platforms.join(', ')}`)
  }

  private say(line: string): void {
    this.note(`${this.program.program}: ${escapeText(line)}`)
  }
}

/** That of the same package, else the one on PATH. */
function findBuildProgram(): string | undefined {
  const beside = fileURLToPath(new URL('../../bin/peipkg-build', import.meta.url))
  try {
    findProgram('git')
    return existsSync(beside) ? beside : findProgram('peipkg-build')
  } catch {
    return undefined
  }
}

interface Signals {
  readonly leave: AbortSignal
  readonly stop: AbortSignal
  release(): void
}

function leaveOnSignal(say: (line: string) => void): Signals {
  const leave = new AbortController()
  const stop = new AbortController()
  const listener = () => {
    if (leave.signal.aborted) {
      say('ends the job')
      stop.abort(new Ending(infrastructure('the worker was stopped')))
    } else {
      say('takes no more jobs, and ends after this one')
      leave.abort()
    }
  }
  const names = ['SIGINT', 'SIGTERM'] as const
  for (const name of names) process.on(name, listener)
  return {
    leave: leave.signal,
    stop: stop.signal,
    release() {
      for (const name of names) process.removeListener(name, listener)
    },
  }
}
