/** What undo, redo and rollback share. */
import { Option } from 'clipanion'
import { escapeText } from '../../native/escape.ts'
import type { ChangeOptions, ChangeReport } from '../../operations/change.ts'
import type { Session } from '../../operations/session.ts'
import { type Reversal, reverse } from '../../operations/undo.ts'
import { ChangeCommand } from './change-command.ts'

export abstract class ReversalCommand extends ChangeCommand {
  readonly overwriteUnowned = Option.Boolean('--overwrite-unowned', false, {
    description: 'displaces files that no package owns, keeping them',
  })
  readonly cascade = Option.Boolean('--cascade', false, {
    description: 'also removes packages that need what goes',
  })

  protected override changeOptions(): ChangeOptions {
    const { overwriteUnowned, cascade } = this
    return { ...super.changeOptions(), overwriteUnowned, cascade }
  }

  /** Says what is done before the plan is shown. */
  protected reverse(
    reversal: Reversal,
    title: string,
    options: ChangeOptions,
    session: Session,
  ): Promise<ChangeReport> {
    if (!this.json) this.print(escapeText(title))
    return reverse(reversal, options, session)
  }
}
