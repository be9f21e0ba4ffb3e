/** `peipkg remove`, also called `uninstall`. */
import { Option } from 'clipanion'
import type { ChangeOptions, ChangeReport } from '../../operations/change.ts'
import { remove } from '../../operations/remove.ts'
import type { Session } from '../../operations/session.ts'
import { ChangeCommand } from './change-command.ts'

export class RemoveCommand extends ChangeCommand {
  static override readonly synopsis = '[options] <name>…'
  static override readonly details = [
    'Refused while something installed needs the package, unless --cascade removes that, too. Modified configuration below /etc is kept beside its place as .peipkg-save.',
  ]
  static override readonly completes = 'installed'
  static override readonly examples = ['remove nginx', 'remove --cascade libfoo', 'remove --autoremove nginx']
  readonly cascade = Option.Boolean('--cascade', false, { description: 'removes what depends on them, too' })
  readonly autoremove = Option.Boolean('--autoremove', false, {
    description: 'removes dependencies that nobody needs any more, too',
  })
  readonly packages = Option.Rest({ required: 1 })

  protected override changeOptions(): ChangeOptions {
    return { ...super.changeOptions(), cascade: this.cascade }
  }

  protected override change(options: ChangeOptions, session: Session): Promise<ChangeReport> {
    return remove([...new Set(this.packages)], this.autoremove, options, session)
  }
}
