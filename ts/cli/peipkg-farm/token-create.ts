/** `peipkg-farm token create`: a secret for a worker, a person, a program. */
import { Option } from 'clipanion'
import { paths } from '../../farm/api/paths.ts'
import { scopes, type TokenAnswer, type TokenRequest } from '../../farm/api/token.ts'
import { parseChoice, requireOptions } from '../values.ts'
import { FarmCommand } from './farm-command.ts'

export class TokenCreateCommand extends FarmCommand {
  static override readonly document = 'farm-token'
  static override readonly synopsis = '<name> --scope <scope> [options]'
  static override readonly details = [
    'worker: claims jobs and reports on them. read: looks. submit: looks, and makes jobs. admin: everything. The token is printed this once; the farm keeps its hash only. Put it into a file that only its user may read.',
  ]
  static override readonly examples = [
    'token create builder-2 --scope worker',
    'token create alice --scope submit',
  ]
  readonly scope = Option.String('--scope', { description: '<scope> worker, submit, admin or read' })
  readonly json = Option.Boolean('--json', false, { description: 'prints one JSON document' })
  readonly tokenName = Option.String({ name: 'name' })

  override async run(): Promise<number> {
    const { scope } = requireOptions({ scope: this.scope })
    const json: TokenRequest = { name: this.tokenName, scope: parseChoice('--scope', scope, scopes) }
    const answer = await this.withFarm((farm) =>
      farm.ask<TokenAnswer>({ method: 'POST', path: paths.tokens, json }),
    )
    if (this.json) this.printJson(answer)
    else this.print(answer.token)
    return 0
  }
}
