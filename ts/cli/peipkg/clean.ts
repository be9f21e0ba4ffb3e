/** `peipkg clean`: empties caches. */
import { Option } from 'clipanion'
import { clean } from '../../operations/clean.ts'
import { SessionCommand } from './session-command.ts'

export class CleanCommand extends SessionCommand {
  static override readonly synopsis = '[options]'
  static override readonly examples = ['clean', 'clean --packages']
  readonly packages = Option.Boolean('--packages', false, {
    description: 'removes every cached package, too',
  })
  readonly json = Option.Boolean('--json', false, { description: 'prints one JSON document' })

  override async run(): Promise<number> {
    const removed = await clean(this.packages, this.openSession({ yes: false, json: this.json }))
    if (this.json) this.printJson({ removed })
    else if (removed === 0) this.print('the cache is already empty')
    else this.print(`removed ${removed} ${this.packages ? '' : 'orphaned '}cache file(s)`)
    return 0
  }
}
