/** `peipkg unhold`: upgrades move a held package again. */
import { Option } from 'clipanion'
import type { Target } from '../../operations/make-plan.ts'
import { MarkingCommand } from './mark-command.ts'

export class UnholdCommand extends MarkingCommand {
  static override readonly synopsis = '[options] <name>…'
  static override readonly completes = 'installed'
  static override readonly examples = ['unhold nginx']
  readonly packages = Option.Rest({ required: 1 })

  protected override targets(): readonly Target[] {
    return this.packages.map((name) => ({ kind: 'unhold', name }))
  }
}
