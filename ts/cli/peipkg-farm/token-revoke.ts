/** `peipkg-farm token revoke`: a token that nobody may use any more. */
import { Option } from 'clipanion'
import { paths } from '../../farm/api/paths.ts'
import { escapeText } from '../../native/escape.ts'
import { FarmCommand } from './farm-command.ts'

export class TokenRevokeCommand extends FarmCommand {
  static override readonly synopsis = '<name> [options]'
  static override readonly details = ['Whoever uses it is refused from now on, in the middle of a job too.']
  static override readonly examples = ['token revoke builder-2']
  readonly tokenName = Option.String({ name: 'name' })

  override async run(): Promise<number> {
    const path = paths.token(this.tokenName)
    await this.withFarm((farm) => farm.ask({ method: 'DELETE', path }))
    this.print(`revoked ${escapeText(this.tokenName)}`)
    return 0
  }
}
