/** `peipkg mark`: records a package as wanted for itself, or as there for others only. */
import { Option } from 'clipanion'
import type { Target } from '../../operations/make-plan.ts'
import { parseWord } from '../values.ts'
import { MarkingCommand } from './mark-command.ts'

export class MarkCommand extends MarkingCommand {
  static override readonly synopsis = '[options] explicit | dependency <name>…'
  static override readonly details = [
    'explicit: somebody wants the package for itself. dependency: it is there for others, and autoremove takes it once nobody needs it.',
  ]
  static override readonly completes = 'installed'
  static override readonly firstArguments = ['explicit', 'dependency']
  static override readonly examples = ['mark explicit libfoo', 'mark dependency libfoo libbar']
  readonly reason = Option.String()
  readonly packages = Option.Rest({ required: 1 })

  protected override targets(): readonly Target[] {
    const reason = parseWord('the reason', this.reason, ['explicit', 'dependency'])
    return this.packages.map((name) => ({ kind: 'mark', name, reason }))
  }
}
