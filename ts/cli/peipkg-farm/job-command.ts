/** What the commands that make or change a job share: when it runs, where, how long, with what. */
import { Option } from 'clipanion'
import { type JobAnswer, type JobRequest, type Period, periods, type Sandbox } from '../../farm/api/job.ts'
import { paths } from '../../farm/api/paths.ts'
import { readGivenFiles } from '../../farm/client/given-file.ts'
import { escapeText } from '../../native/escape.ts'
import { UsageError } from '../usage-error.ts'
import { parseChoice, parseDuration } from '../values.ts'
import { FarmCommand } from './farm-command.ts'
import { parsePairs } from './pairs.ts'
import { seconds } from './rows.ts'

const sandboxes: readonly Sandbox[] = ['bwrap', 'unshare', 'none']

/** Everything of a job that is not its kind's. */
type Common = Omit<JobRequest, 'name' | 'kind' | 'script' | 'template' | 'parameters' | 'recipe' | 'package'>

export abstract class JobCommand extends FarmCommand {
  readonly period = Option.String('--period', {
    description: '<period> hourly, daily, weekly or never (daily; recipes and rebuilds never)',
  })
  readonly cron = Option.String('--cron', {
    description: '<expression> when it runs instead, as "0 3 * * 1"; times are UTC',
  })
  readonly timeout = Option.String('--timeout', { description: '<time> that it may take in all (1h)' })
  readonly silence = Option.String('--silence', {
    description: '<time> that it may print nothing (15m)',
  })
  readonly priority = Option.String('--priority', {
    description: '<number> -100 to 100; higher comes first (0)',
  })
  readonly file = Option.Array('--file', [], {
    description: '<path[=name]> goes with the job, into the directory where it starts; may be repeated',
  })
  readonly env = Option.Array('--env', [], {
    description: '<name=value> a variable for the job; may be repeated',
  })
  readonly require = Option.Array('--require', [], {
    description: '<label> that a worker must have, as kvm or cpu=8; may be repeated',
  })
  readonly sandbox = Option.String('--sandbox', {
    description: '<mode> bwrap, unshare or none: no other will do',
  })
  readonly network = Option.Boolean('--network', false, { description: 'lets the job reach the network' })
  readonly json = Option.Boolean('--json', false, { description: 'prints one JSON document' })

  protected common(): Common {
    if (this.period !== undefined && this.cron !== undefined) {
      throw new UsageError('malformed', 'options --period and --cron exclude each other')
    }
    const files = readGivenFiles(this.file)
    const environment = parsePairs('--env', this.env)
    return {
      ...(this.period === undefined ? {} : { period: parsePeriod(this.period) }),
      ...(this.cron === undefined ? {} : { cron: this.cron }),
      ...(this.timeout === undefined ? {} : { timeout_ms: parseDuration('--timeout', this.timeout) * 1000 }),
      ...(this.silence === undefined ? {} : { silence_ms: parseDuration('--silence', this.silence) * 1000 }),
      ...(this.priority === undefined ? {} : { priority: parsePriority(this.priority) }),
      ...(files.length === 0 ? {} : { files }),
      ...(this.env.length === 0 ? {} : { environment }),
      ...(this.require.length === 0 ? {} : { require: this.require }),
      ...(this.sandbox === undefined ? {} : { sandbox: parseChoice('--sandbox', this.sandbox, sandboxes) }),
      ...(this.network ? { network: true } : {}),
    }
  }
}

/** A job that is new. */
export abstract class ScheduleJobCommand extends JobCommand {
  static override readonly document = 'farm-job'
  readonly noRunNow = Option.Boolean('--no-run-now', false, {
    description: 'waits for its time, or for execute',
  })

  protected async submit(job: Omit<JobRequest, keyof Common> & Partial<Common>): Promise<number> {
    const json: JobRequest = { ...this.common(), ...job, ...(this.noRunNow ? { run_now: false } : {}) }
    const answer = await this.withFarm((farm) =>
      farm.ask<JobAnswer>({ method: 'POST', path: paths.jobs, json }),
    )
    if (this.json) this.printJson(answer)
    else this.printAnswer(answer)
    return 0
  }

  private printAnswer({ job, executions }: JobAnswer): void {
    for (const uuid of executions) this.print(uuid)
    const next = job.next_run === null ? 'when it is executed' : `at ${seconds(job.next_run)}`
    if (executions.length === 0) this.note(`${escapeText(job.name)} runs ${next}`)
  }
}

export function parsePeriod(text: string): Period {
  return parseChoice('--period', text, periods)
}

function parsePriority(text: string): number {
  const value = Number(text)
  if (/^-?\d+$/.test(text) && Math.abs(value) <= 100) return value
  throw new UsageError('malformed', `option --priority is a whole number from -100 to 100, not "${text}"`)
}
