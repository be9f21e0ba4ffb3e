/** `peipkg undo`. */
import { Option } from 'clipanion'
import type { ChangeOptions, ChangeReport } from '../../operations/change.ts'
import type { Session } from '../../operations/session.ts'
import { undoing } from '../../operations/undo.ts'
import { summarise } from '../render/summary.ts'
import { ReversalCommand } from './reversal-command.ts'
import { parseTransaction } from './transaction-number.ts'

export class UndoCommand extends ReversalCommand {
  static override readonly synopsis = '[options] [transaction]'
  static override readonly examples = ['undo', 'undo --dry-run 47']
  readonly transaction = Option.String({ required: false })

  protected override change(options: ChangeOptions, session: Session): Promise<ChangeReport> {
    const id = this.transaction === undefined ? null : parseTransaction(this.transaction)
    const reversal = undoing(id, session.system)
    const { subject } = reversal
    const title = `undoing transaction ${subject.id} (${summarise(subject)})`
    return this.reverse(reversal, title, options, session)
  }
}
