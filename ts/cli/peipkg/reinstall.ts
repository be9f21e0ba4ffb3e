/** `peipkg reinstall`. */
import { Option } from 'clipanion'
import type { ChangeOptions, ChangeReport } from '../../operations/change.ts'
import { reinstall } from '../../operations/reinstall.ts'
import type { Session } from '../../operations/session.ts'
import { ChangeCommand } from './change-command.ts'

export class ReinstallCommand extends ChangeCommand {
  static override readonly synopsis = '[options] <name>…'
  static override readonly examples = ['reinstall nginx']
  static override readonly completes = 'installed'
  readonly overwriteUnowned = Option.Boolean('--overwrite-unowned', false, {
    description: 'displaces files that no package owns, keeping them',
  })
  readonly packages = Option.Rest({ required: 1 })

  protected override changeOptions(): ChangeOptions {
    return { ...super.changeOptions(), overwriteUnowned: this.overwriteUnowned }
  }

  protected override change(options: ChangeOptions, session: Session): Promise<ChangeReport> {
    return reinstall([...new Set(this.packages)], options, session)
  }
}
