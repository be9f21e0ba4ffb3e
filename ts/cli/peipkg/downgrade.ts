/** `peipkg downgrade`. */
import { Option } from 'clipanion'
import { checkName } from '../../native/identity.ts'
import type { ChangeOptions, ChangeReport } from '../../operations/change.ts'
import { downgrade } from '../../operations/downgrade.ts'
import type { Session } from '../../operations/session.ts'
import { ChangeCommand } from './change-command.ts'
import { checkArgument, checkVersion } from './install.ts'

export class DowngradeCommand extends ChangeCommand {
  static override readonly synopsis = '[options] <name> <version>'
  static override readonly examples = ['downgrade nginx 1.27.4', 'downgrade --dry-run nginx 1.27.4-1']
  static override readonly completes = 'installed'
  readonly overwriteUnowned = Option.Boolean('--overwrite-unowned', false, {
    description: 'displaces files that no package owns, keeping them',
  })
  readonly name = Option.String()
  readonly version = Option.String()

  protected override changeOptions(): ChangeOptions {
    return { ...super.changeOptions(), overwriteUnowned: this.overwriteUnowned }
  }

  protected override change(options: ChangeOptions, session: Session): Promise<ChangeReport> {
    checkArgument(this.name, () => checkName(this.name))
    checkVersion(this.version, this.version)
    return downgrade(this.name, this.version, options, session)
  }
}
