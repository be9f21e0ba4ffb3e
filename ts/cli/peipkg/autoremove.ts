/** `peipkg autoremove`: removes dependencies that nobody needs any more. */
import { autoremove } from '../../operations/autoremove.ts'
import type { ChangeOptions, ChangeReport } from '../../operations/change.ts'
import type { Session } from '../../operations/session.ts'
import { ChangeCommand } from './change-command.ts'

export class AutoremoveCommand extends ChangeCommand {
  static override readonly synopsis = '[options]'
  static override readonly details = [
    'Needed is what was asked for, what is held, peipkg and the configured critical packages, and everything that those depend on: every installed provider, and optional dependencies.',
  ]
  static override readonly examples = ['autoremove --dry-run', 'autoremove --yes']

  protected override change(options: ChangeOptions, session: Session): Promise<ChangeReport> {
    return autoremove(options, session)
  }
}
