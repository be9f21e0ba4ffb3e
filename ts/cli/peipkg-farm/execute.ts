/** `peipkg-farm execute`: a job now, at the front of its queue. */
import { Option } from 'clipanion'
import type { ExecutionView } from '../../farm/api/execution.ts'
import type { ExecuteRequest, JobAnswer } from '../../farm/api/job.ts'
import { paths } from '../../farm/api/paths.ts'
import { ObservingCommand } from './observe.ts'
import { resultCode } from './result-code.ts'

export class ExecuteCommand extends ObservingCommand {
  static override readonly document = 'farm-executed'
  static override readonly synopsis = '<name> [options]'
  static override readonly details = [
    'Prints the UUID of each execution: a template or a recipe has one for each of its platforms. With --wait they are observed one after the other, and it ends with 0 only when all of them ended with "exited 0".',
  ]
  static override readonly examples = ['execute nightly', 'execute hello --platform debian-12-x86_64 --wait']
  readonly platform = Option.String('--platform', { description: '<platform> only on this one' })
  readonly wait = Option.Boolean('--wait', false, { description: 'shows the log and waits for the result' })
  readonly job = Option.String({ name: 'name' })

  override run(): Promise<number> {
    return this.withFarm(async (farm) => {
      const json: ExecuteRequest = this.platform === undefined ? {} : { platform: this.platform }
      const path = paths.execute(this.job)
      const { executions } = await farm.ask<JobAnswer>({ method: 'POST', path, json })
      const ends: ExecutionView[] = []
      for (const uuid of executions) {
        if (!this.json) this.print(uuid)
        if (this.wait) ends.push(await this.follow(farm, uuid))
      }
      if (this.json) this.printJson({ executions, ended: this.wait ? ends : null })
      return ends.every((end) => resultCode(end) === 0) ? 0 : 1
    })
  }
}
