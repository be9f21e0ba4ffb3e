/** `peipkg-farm token list`: who may do what. */
import { Option } from 'clipanion'
import { paths } from '../../farm/api/paths.ts'
import type { TokensAnswer } from '../../farm/api/token.ts'
import { escapeText } from '../../native/escape.ts'
import { renderRows } from '../render/columns.ts'
import { FarmCommand } from './farm-command.ts'

export class TokenListCommand extends FarmCommand {
  static override readonly document = 'farm-tokens'
  static override readonly synopsis = '[options]'
  static override readonly examples = ['token list']
  readonly json = Option.Boolean('--json', false, { description: 'prints one JSON document' })

  override async run(): Promise<number> {
    const answer = await this.withFarm((farm) =>
      farm.ask<TokensAnswer>({ method: 'GET', path: paths.tokens }),
    )
    const rows = answer.tokens.map(({ name, scope, created_at: at }) => [escapeText(name), scope, at])
    if (this.json) this.printJson(answer)
    else this.printText(renderRows(rows, this.program.io.stdout))
    return 0
  }
}
