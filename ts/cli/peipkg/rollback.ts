/** `peipkg rollback`. */
import { Option } from 'clipanion'
import type { ChangeOptions, ChangeReport } from '../../operations/change.ts'
import type { Session } from '../../operations/session.ts'
import { rollingBack } from '../../operations/undo.ts'
import { ReversalCommand } from './reversal-command.ts'
import { parseTransaction } from './transaction-number.ts'

export class RollbackCommand extends ReversalCommand {
  static override readonly synopsis = '[options] <transaction>'
  static override readonly examples = ['rollback 46', 'rollback --dry-run 46']
  readonly transaction = Option.String()

  protected override change(options: ChangeOptions, session: Session): Promise<ChangeReport> {
    const reversal = rollingBack(parseTransaction(this.transaction), session.system)
    const { subject, reversed } = reversal
    const count = `${reversed.length} ${reversed.length === 1 ? 'transaction' : 'transactions'}`
    const title = `rolling back to the state after transaction ${subject.id} (undoing ${count})`
    return this.reverse(reversal, title, options, session)
  }
}
