/** `peipkg repo remove`. */
import { Option } from 'clipanion'
import { removeRepository } from '../../operations/remove-repository.ts'
import { SessionCommand } from './session-command.ts'

export class RepoRemoveCommand extends SessionCommand {
  static override readonly synopsis = '[options] <name>'
  static override readonly examples = ['repo remove extra']
  static override readonly completes = 'repositories'
  readonly json = Option.Boolean('--json', false, { description: 'prints one JSON document' })
  readonly name = Option.String()

  override async run(): Promise<number> {
    const session = this.openSession({ yes: false, json: this.json })
    const orphans = await removeRepository(this.name, session)
    if (this.json) this.printJson({ name: this.name, packages_left: orphans })
    else this.print(`removed repository "${this.name}"`)
    if (orphans.length > 0) {
      session.reporter.warn(
        `${orphans.length} installed package(s) came from "${this.name}" and stay installed (recommended: peipkg verify)`,
      )
    }
    return 0
  }
}
