/** `peipkg clean`: empties caches. */
import { Option } from 'clipanion'
import { clean, discardBackups } from '../../operations/clean.ts'
import { SessionCommand } from './session-command.ts'

export class CleanCommand extends SessionCommand {
  static override readonly synopsis = '[options]'
  static override readonly examples = ['clean', 'clean --packages --backups']
  readonly packages = Option.Boolean('--packages', false, {
    description: 'removes every cached package, too',
  })
  readonly backups = Option.Boolean('--backups', false, {
    description: 'gives up what is kept of replaced files, too: an undo will have to fetch packages',
  })
  readonly json = Option.Boolean('--json', false, { description: 'prints one JSON document' })

  override async run(): Promise<number> {
    const session = this.openSession({ yes: false, json: this.json })
    const removed = await clean(this.packages, session)
    const backups = this.backups ? await discardBackups(session) : 0
    if (this.json) {
      this.printJson({ removed, backups })
      return 0
    }
    // With nothing to say about the cache, what was done is said alone.
    if (removed === 0 && backups === 0) this.print('the cache is already empty')
    if (removed > 0) this.print(`removed ${removed} ${this.packages ? '' : 'orphaned '}cache file(s)`)
    if (backups > 0) this.print(`removed ${backups} retained backup(s)`)
    return 0
  }
}
