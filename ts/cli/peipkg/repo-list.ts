/** `peipkg repo list`. */
import { Option } from 'clipanion'
import { escapeText } from '../../native/escape.ts'
import { listRepositories } from '../../operations/list-repositories.ts'
import { renderRows } from '../render/columns.ts'
import { SessionCommand } from './session-command.ts'

export class RepoListCommand extends SessionCommand {
  static override readonly synopsis = '[options]'
  static override readonly examples = ['repo list', 'repo list --json']
  readonly json = Option.Boolean('--json', false, { description: 'prints one JSON document' })

  override async run(): Promise<number> {
    const repositories = await listRepositories(this.openSession({ yes: false, json: this.json }))
    if (this.json) {
      this.printJson(
        repositories.map(({ name, baseUrl, priority, signaturePolicy, official }) => ({
          ...{ name, base_url: baseUrl, priority, signature_policy: signaturePolicy, official },
        })),
      )
    } else if (repositories.length === 0) {
      this.print('no repositories configured')
    } else {
      const rows = repositories.map(({ name, baseUrl, priority, signaturePolicy }) => [
        ...[name, escapeText(baseUrl), `priority=${priority}`, signaturePolicy],
      ])
      this.printText(renderRows(rows, this.program.io.stdout))
    }
    return 0
  }
}
