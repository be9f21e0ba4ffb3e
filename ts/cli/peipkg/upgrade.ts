/** `peipkg upgrade`. */
import { Option } from 'clipanion'
import type { ChangeOptions, ChangeReport } from '../../operations/change.ts'
import type { Session } from '../../operations/session.ts'
import { upgrade } from '../../operations/upgrade.ts'
import { ChangeCommand } from './change-command.ts'

export class UpgradeCommand extends ChangeCommand {
  static override readonly synopsis = '[options] [name]…'
  static override readonly details = [
    'Moves packages forward to what their repositories offer now, never to a lower version and never to a weaker repository than the one a package came from. Without names everything moves, and packages that replace installed ones are followed.',
    'With --skip-broken what cannot move stays, with the reason; peipkg why-not <name> tells the whole derivation. A held package moves only when it is named.',
  ]
  static override readonly completes = 'installed'
  static override readonly examples = ['upgrade', 'upgrade --dry-run nginx', 'upgrade --skip-broken']
  readonly overwriteUnowned = Option.Boolean('--overwrite-unowned', false, {
    description: 'displaces files that no package owns, keeping them',
  })
  readonly skipBroken = Option.Boolean('--skip-broken', false, {
    description: 'keeps back what cannot move, saying why, and moves the rest',
  })
  readonly packages = Option.Rest()

  protected override changeOptions(): ChangeOptions {
    const { overwriteUnowned, skipBroken } = this
    return { ...super.changeOptions(), overwriteUnowned, skipBroken }
  }

  protected override change(options: ChangeOptions, session: Session): Promise<ChangeReport> {
    return upgrade([...new Set(this.packages)], options, session)
  }
}
