/** `peipkg-farm observe-latest`: whatever runs now. */
import { Option } from 'clipanion'
import type { ExecutionView } from '../../farm/api/execution.ts'
import { paths } from '../../farm/api/paths.ts'
import { ObservingCommand } from './observe.ts'
import { queryOf } from './query.ts'
import { resultCode } from './result-code.ts'

export class ObserveLatestCommand extends ObservingCommand {
  static override readonly document = 'farm-execution'
  static override readonly synopsis = '[options]'
  static override readonly details = [
    'The newest execution that runs. "No running jobs" and 1 when there is none; else as observe.',
  ]
  static override readonly examples = ['observe-latest', 'observe-latest --platform freebsd-14 --job nightly']
  readonly platform = Option.String('--platform', { description: '<platform> only of this one' })
  readonly job = Option.String('--job', { description: '<name> only of this job' })

  override run(): Promise<number> {
    return this.withFarm(async (farm) => {
      const path = paths.latest + queryOf({ platform: this.platform, job: this.job, running: '1' })
      const { execution } = await farm.ask<ExecutionView>({ method: 'GET', path })
      const end = await this.follow(farm, execution)
      if (this.json) this.printJson(end)
      return resultCode(end)
    })
  }
}
