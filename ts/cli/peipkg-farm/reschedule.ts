/** `peipkg-farm reschedule`: when a job runs next, and by which period then. */
import { Option } from 'clipanion'
import type { JobAnswer, RescheduleRequest } from '../../farm/api/job.ts'
import { paths } from '../../farm/api/paths.ts'
import { escapeText } from '../../native/escape.ts'
import { UsageError } from '../usage-error.ts'
import { FarmCommand } from './farm-command.ts'
import { parsePeriod } from './job-command.ts'
import { seconds } from './rows.ts'

export class RescheduleCommand extends FarmCommand {
  static override readonly document = 'farm-job-view'
  static override readonly synopsis = '<name> <time> [options]'
  static override readonly details = [
    'It runs at that time, then by its period, which stays as it is unless one is given.',
  ]
  static override readonly examples = [
    'reschedule nightly 2026-12-01T03:00:00Z',
    'reschedule nightly 2026-12-01T03:00:00Z --period weekly',
  ]
  readonly period = Option.String('--period', { description: '<period> hourly, daily, weekly or never' })
  readonly json = Option.Boolean('--json', false, { description: 'prints one JSON document' })
  readonly job = Option.String({ name: 'name' })
  readonly next = Option.String({ name: 'time' })

  override async run(): Promise<number> {
    const json: RescheduleRequest = {
      next: parseTime(this.next),
      ...(this.period === undefined ? {} : { period: parsePeriod(this.period) }),
    }
    const path = paths.reschedule(this.job)
    const { job } = await this.withFarm((farm) => farm.ask<JobAnswer>({ method: 'POST', path, json }))
    if (this.json) this.printJson(job)
    else
      this.print(
        `${escapeText(job.name)} runs next at ${job.next_run === null ? 'no time' : seconds(job.next_run)}`,
      )
    return 0
  }
}

/** RFC 3339, of any zone. */
function parseTime(text: string): string {
  const shape = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/i.test(text)
  const time = shape ? Date.parse(text) : Number.NaN
  if (!Number.isNaN(time)) return new Date(time).toISOString()
  throw new UsageError('malformed', `the time is one such as 2026-05-01T12:00:00Z, not "${text}"`)
}
