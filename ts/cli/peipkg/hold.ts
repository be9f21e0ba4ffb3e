/** `peipkg hold`: upgrades leave a package alone from now on. */
import { Option } from 'clipanion'
import type { Target } from '../../operations/make-plan.ts'
import { MarkingCommand } from './mark-command.ts'

export class HoldCommand extends MarkingCommand {
  static override readonly synopsis = '[options] <name>…'
  static override readonly details = [
    'A held package is left alone by upgrades until it is named or unheld; every plan lists what a hold kept back.',
  ]
  static override readonly completes = 'installed'
  static override readonly examples = ['hold nginx', 'hold linux linux-headers']
  readonly packages = Option.Rest({ required: 1 })

  protected override targets(): readonly Target[] {
    return this.packages.map((name) => ({ kind: 'hold', name }))
  }
}
