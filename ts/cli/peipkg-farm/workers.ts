/** `peipkg-farm workers`: who is there, and what each can do. */
import { Option } from 'clipanion'
import type { WorkersAnswer } from '../../farm/api/info.ts'
import { paths } from '../../farm/api/paths.ts'
import { renderRows } from '../render/columns.ts'
import { FarmCommand } from './farm-command.ts'
import { workerRow } from './rows.ts'

export class WorkersCommand extends FarmCommand {
  static override readonly document = 'farm-workers'
  static override readonly synopsis = '[options]'
  static override readonly examples = ['workers']
  readonly json = Option.Boolean('--json', false, { description: 'prints one JSON document' })

  override async run(): Promise<number> {
    const answer = await this.withFarm((farm) =>
      farm.ask<WorkersAnswer>({ method: 'GET', path: paths.workers }),
    )
    if (this.json) this.printJson(answer)
    else if (answer.workers.length === 0) this.print('no workers')
    else this.printText(renderRows(answer.workers.map(workerRow), this.program.io.stdout))
    return 0
  }
}
