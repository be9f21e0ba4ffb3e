/** `peipkg downgrade`. */
import { Option } from 'clipanion'
import { asPeiError, reasonOf } from '../../native/errors.ts'
import { checkName, matchesConstraint } from '../../native/identity.ts'
import type { ChangeOptions, ChangeReport } from '../../operations/change.ts'
import { downgrade } from '../../operations/downgrade.ts'
import type { Session } from '../../operations/session.ts'
import { UsageError } from '../usage-error.ts'
import { ChangeCommand } from './change-command.ts'

export class DowngradeCommand extends ChangeCommand {
  static override readonly synopsis = '[options] <name> <version>'
  static override readonly examples = ['downgrade nginx 1.27.4', 'downgrade --dry-run nginx 1.27.4-1']
  static override readonly completes = 'installed'
  readonly overwriteUnowned = Option.Boolean('--overwrite-unowned', false, {
    description: 'displaces files that no package owns, keeping them',
  })
  readonly name = Option.String()
  readonly version = Option.String()

  protected override changeOptions(): ChangeOptions {
    return { ...super.changeOptions(), overwriteUnowned: this.overwriteUnowned }
  }

  protected override change(options: ChangeOptions, session: Session): Promise<ChangeReport> {
    check(this.name, () => checkName(this.name))
    check(this.version, () => matchesConstraint('0-1', `= ${this.version}`))
    return downgrade(this.name, this.version, options, session)
  }
}

function check(argument: string, rule: () => unknown): void {
  try {
    rule()
  } catch (error) {
    if (asPeiError(error) === undefined) throw error
    throw new UsageError('malformed', `"${argument}": ${reasonOf(error)}`)
  }
}
