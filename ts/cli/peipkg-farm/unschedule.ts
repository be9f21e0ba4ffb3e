/** `peipkg-farm unschedule`: a job that is not wanted any more. */
import { Option } from 'clipanion'
import { paths } from '../../farm/api/paths.ts'
import { escapeText } from '../../native/escape.ts'
import { FarmCommand } from './farm-command.ts'

export class UnscheduleCommand extends FarmCommand {
  static override readonly synopsis = '<job> [options]'
  static override readonly details = [
    'Its queued executions go with it; one that runs is finished. Its history stays.',
  ]
  static override readonly examples = ['unschedule nightly']
  readonly job = Option.String()

  override async run(): Promise<number> {
    const path = paths.job(this.job)
    await this.withFarm((farm) => farm.ask({ method: 'DELETE', path }))
    this.print(`removed ${escapeText(this.job)}`)
    return 0
  }
}
