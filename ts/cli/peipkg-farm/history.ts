/** `peipkg-farm history`: executions, the newest first. */
import { Option } from 'clipanion'
import type { HistoryAnswer } from '../../farm/api/execution.ts'
import { paths } from '../../farm/api/paths.ts'
import { renderRows } from '../render/columns.ts'
import { parseWholeNumber } from '../values.ts'
import { FarmCommand } from './farm-command.ts'
import { queryOf } from './query.ts'
import { executionRow } from './rows.ts'

export class HistoryCommand extends FarmCommand {
  static override readonly document = 'farm-history'
  static override readonly synopsis = '[options]'
  static override readonly examples = ['history', 'history --job nightly --limit 100']
  readonly job = Option.String('--job', { description: '<name> only of this job' })
  readonly platform = Option.String('--platform', { description: '<platform> only of this one' })
  readonly limit = Option.String('--limit', '20', {
    description: '<number> the newest so many, 1000 at most (20)',
  })
  readonly json = Option.Boolean('--json', false, { description: 'prints one JSON document' })

  override async run(): Promise<number> {
    const limit = String(parseWholeNumber('--limit', this.limit, 1, 1000))
    const path = paths.history + queryOf({ job: this.job, platform: this.platform, limit })
    const answer = await this.withFarm((farm) => farm.ask<HistoryAnswer>({ method: 'GET', path }))
    if (this.json) this.printJson(answer)
    else if (answer.executions.length === 0) this.print('no executions')
    else this.printText(renderRows(answer.executions.map(executionRow), this.program.io.stdout))
    return 0
  }
}
