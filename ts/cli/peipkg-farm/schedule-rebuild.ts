/** `peipkg-farm schedule-rebuild`: a published package, built again and compared byte for byte. */
import { Option } from 'clipanion'
import { ScheduleJobCommand } from './job-command.ts'

export class ScheduleRebuildCommand extends ScheduleJobCommand {
  static override readonly synopsis = '<name> <package> [options]'
  static override readonly details = [
    'The package is one that this farm published, by its file name. It is built again from its own provenance, on another worker where there is one; the result is exited 0 only when the same bytes come out.',
  ]
  static override readonly examples = ['schedule-rebuild check-hello hello_1.0-1_x86_64.peipkg']
  readonly job = Option.String({ name: 'name' })
  readonly package = Option.String()

  override run(): Promise<number> {
    return this.submit({ name: this.job, kind: 'rebuild', package: this.package })
  }
}
