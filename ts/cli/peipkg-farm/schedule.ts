/** `peipkg-farm schedule`: a script for one platform. */
import { Option } from 'clipanion'
import { readTextFile } from '../../config/text-file.ts'
import { ScheduleJobCommand } from './job-command.ts'

/** Of a script, in bytes. */
export const MOST_SCRIPT = 4 * 2 ** 20

export class ScheduleCommand extends ScheduleJobCommand {
  static override readonly synopsis = '<name> <platform> <script> [options]'
  static override readonly details = [
    'The script starts in an empty directory with the files that go with it; what it leaves there is kept as artifacts, but for the files as they came. It runs at once, then by its period. Prints the UUID of the execution.',
  ]
  static override readonly examples = [
    'schedule nightly debian-12-x86_64 nightly.sh',
    'schedule kernel debian-12-x86_64 build.sh --file config --env JOBS=8 --timeout 4h --require cpu=8',
    'schedule report freebsd-14 report.sh --cron "0 6 * * 1" --no-run-now',
  ]
  readonly job = Option.String({ name: 'name' })
  readonly platform = Option.String()
  readonly source = Option.String({ name: 'script' })

  override run(): Promise<number> {
    const script = readTextFile(this.source, MOST_SCRIPT)
    return this.submit({ name: this.job, kind: 'script', platform: this.platform, script })
  }
}
