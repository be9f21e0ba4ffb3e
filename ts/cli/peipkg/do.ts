/** `peipkg do`: several changes in one transaction. */
import { Option } from 'clipanion'
import { checkName } from '../../native/identity.ts'
import type { ChangeOptions, ChangeReport } from '../../operations/change.ts'
import { doTogether } from '../../operations/do.ts'
import type { Target } from '../../operations/make-plan.ts'
import type { Session } from '../../operations/session.ts'
import { UsageError } from '../usage-error.ts'
import { ChangeCommand } from './change-command.ts'
import { checkArgument, parseTarget } from './install.ts'

export class DoCommand extends ChangeCommand {
  static override readonly synopsis = '[--options] +name[=version] | +file.peipkg | -name …'
  static override readonly details = [
    '+name installs, -name removes, all in one transaction: either everything happens or nothing. Options need two dashes here, but for -y; -- ends them.',
  ]
  static override readonly examples = ['do +nginx -apache', 'do +libfoo=1.2-1 +app -oldapp --yes']
  readonly cascade = Option.Boolean('--cascade', false, { description: 'removes what depends on them, too' })
  readonly overwriteUnowned = Option.Boolean('--overwrite-unowned', false, {
    description: 'displaces files that no package owns, keeping them',
  })
  readonly changes = Option.Rest({ required: 1 })

  protected override changeOptions(): ChangeOptions {
    const { cascade, overwriteUnowned } = this
    return { ...super.changeOptions(), cascade, overwriteUnowned }
  }

  protected override change(options: ChangeOptions, session: Session): Promise<ChangeReport> {
    return doTogether(parseChanges(this.changes), options, session)
  }
}

/** Throws UsageError: at most one change for each name (file 5). */
function parseChanges(words: readonly string[]): readonly Target[] {
  const targets = [...new Set(words)].map(parseChange)
  const names = targets.flatMap((target) => ('name' in target ? [target.name] : []))
  const twice = names.find((name, at) => names.indexOf(name) !== at)
  if (twice === undefined) return targets
  throw new UsageError('malformed', `"${twice}" is named twice: one change for each package`)
}

function parseChange(word: string): Target {
  const name = word.slice(1)
  if (word.startsWith('+')) return parseTarget(name)
  if (!word.startsWith('-')) {
    throw new UsageError('malformed', `"${word}" is neither +name to install nor -name to remove`)
  }
  checkArgument(word, () => checkName(name))
  return { kind: 'remove', name }
}
