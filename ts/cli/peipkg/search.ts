/** `peipkg search`: packages that the repositories offer. */
import { Option } from 'clipanion'
import { escapeText } from '../../native/escape.ts'
import { search } from '../../operations/search.ts'
import { renderRows } from '../render/columns.ts'
import { SessionCommand } from './session-command.ts'

export class SearchCommand extends SessionCommand {
  static override readonly synopsis = '[options] <term>'
  static override readonly examples = ['search nginx', 'search "http server"']
  readonly json = Option.Boolean('--json', false, { description: 'prints one JSON document' })
  readonly term = Option.String()

  override async run(): Promise<number> {
    const session = this.openSession({ yes: false, json: this.json })
    this.warnIfUnsettled(session.system)
    const found = await search(this.term, session)
    if (this.json) {
      this.printJson(
        found.map(({ name, version, architecture, repository, description, installed }) => ({
          ...{ name, version, architecture, repository, description, installed },
        })),
      )
    } else if (found.length === 0) {
      this.print(`no packages match "${escapeText(this.term)}"`)
    } else {
      const rows = found.map(({ name, version, repository, description }) => [
        ...[name, version, `[${repository}]`, escapeText(description)],
      ])
      this.printText(renderRows(rows, this.program.io.stdout))
    }
    return 0
  }
}
