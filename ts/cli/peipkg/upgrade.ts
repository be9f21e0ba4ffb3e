/** `peipkg upgrade`. */
import { Option } from 'clipanion'
import type { ChangeOptions, ChangeReport } from '../../operations/change.ts'
import type { Session } from '../../operations/session.ts'
import { upgrade } from '../../operations/upgrade.ts'
import { ChangeCommand } from './change-command.ts'

export class UpgradeCommand extends ChangeCommand {
  static override readonly synopsis = '[options] [name]…'
  static override readonly examples = ['upgrade', 'upgrade --dry-run nginx']
  readonly overwriteUnowned = Option.Boolean('--overwrite-unowned', false, {
    description: 'displaces files that no package owns, keeping them',
  })
  readonly packages = Option.Rest()

  protected override changeOptions(): ChangeOptions {
    return { ...super.changeOptions(), overwriteUnowned: this.overwriteUnowned }
  }

  protected override change(options: ChangeOptions, session: Session): Promise<ChangeReport> {
    return upgrade([...new Set(this.packages)], options, session)
  }
}
