/** `peipkg-farm modify`: what is given is replaced, the rest stays. */
import { Option } from 'clipanion'
import { readTextFile } from '../../config/text-file.ts'
import type { JobAnswer, JobChange } from '../../farm/api/job.ts'
import { paths } from '../../farm/api/paths.ts'
import { escapeText } from '../../native/escape.ts'
import { UsageError } from '../usage-error.ts'
import { JobCommand } from './job-command.ts'
import { parsePairs } from './pairs.ts'
import { MOST_SCRIPT } from './schedule.ts'

export class ModifyCommand extends JobCommand {
  static override readonly document = 'farm-job-view'
  static override readonly synopsis = '<name> [options]'
  static override readonly details = [
    'Executions that are queued or running stay as they are. Of what can be repeated, the whole list is replaced.',
  ]
  static override readonly examples = [
    'modify nightly --script-file nightly.sh',
    'modify nightly --period weekly --timeout 3h --no-network',
  ]
  readonly scriptFile = Option.String('--script-file', { description: '<file> the script' })
  readonly param = Option.Array('--param', [], {
    description: '<name=value> of a template; may be repeated',
  })
  readonly platform = Option.String('--platform', { description: '<platform> that it runs on' })
  readonly noNetwork = Option.Boolean('--no-network', false, {
    description: 'keeps the job from the network again',
  })
  readonly job = Option.String({ name: 'name' })

  override async run(): Promise<number> {
    const change: JobChange = {
      ...this.common(),
      ...(this.scriptFile === undefined ? {} : { script: readTextFile(this.scriptFile, MOST_SCRIPT) }),
      ...(this.param.length === 0 ? {} : { parameters: parsePairs('--param', this.param) }),
      ...(this.platform === undefined ? {} : { platform: this.platform }),
      ...(this.noNetwork ? { network: false } : {}),
    }
    if (Object.keys(change).length === 0) throw new UsageError('missing', 'nothing to change was given')
    const path = paths.job(this.job)
    const { job } = await this.withFarm((farm) =>
      farm.ask<JobAnswer>({ method: 'PATCH', path, json: change }),
    )
    if (this.json) this.printJson(job)
    else this.print(`changed ${escapeText(job.name)}`)
    return 0
  }
}
