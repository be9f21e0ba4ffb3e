/** `peipkg-farm retry`: the same once more. */
import { Option } from 'clipanion'
import type { JobAnswer } from '../../farm/api/job.ts'
import { paths } from '../../farm/api/paths.ts'
import { FarmCommand } from './farm-command.ts'

export class RetryCommand extends FarmCommand {
  static override readonly document = 'farm-retried'
  static override readonly synopsis = '<uuid> [options]'
  static override readonly details = ['What ran then runs again, as a new execution, whose UUID is printed.']
  static override readonly examples = ['retry 4b6d1a5e-8c2f-4b7e-9f5d-2a1c3e4f5a6b']
  readonly json = Option.Boolean('--json', false, { description: 'prints one JSON document' })
  readonly uuid = Option.String()

  override async run(): Promise<number> {
    const path = paths.retry(this.uuid)
    const answer = await this.withFarm((farm) =>
      farm.ask<Pick<JobAnswer, 'executions'>>({ method: 'POST', path }),
    )
    if (this.json) this.printJson(answer)
    else for (const uuid of answer.executions) this.print(uuid)
    return 0
  }
}
