/** What hold, unhold and mark share: they change records only, so that they ask nothing. */
import type { ChangeOptions, ChangeReport } from '../../operations/change.ts'
import type { Target } from '../../operations/make-plan.ts'
import { mark } from '../../operations/mark.ts'
import type { Session } from '../../operations/session.ts'
import { ChangeCommand } from './change-command.ts'

export abstract class MarkingCommand extends ChangeCommand {
  protected override readonly asks = false

  protected abstract targets(): readonly Target[]

  protected override change(options: ChangeOptions, session: Session): Promise<ChangeReport> {
    return mark(this.targets(), options, session)
  }
}
