/** `peipkg redo`. */
import { Option } from 'clipanion'
import type { ChangeOptions, ChangeReport } from '../../operations/change.ts'
import type { Session } from '../../operations/session.ts'
import { redoing } from '../../operations/undo.ts'
import { summarise } from '../render/summary.ts'
import { ReversalCommand } from './reversal-command.ts'
import { parseTransaction } from './transaction-number.ts'

export class RedoCommand extends ReversalCommand {
  static override readonly synopsis = '[options] [transaction]'
  static override readonly examples = ['redo', 'redo --dry-run 47']
  readonly transaction = Option.String({ required: false })

  protected override change(options: ChangeOptions, session: Session): Promise<ChangeReport> {
    const id = this.transaction === undefined ? null : parseTransaction(this.transaction)
    const reversal = redoing(id, session.system)
    const { subject } = reversal
    const title = `redoing transaction ${subject.id} (${summarise(subject)})`
    return this.reverse(reversal, title, options, session)
  }
}
