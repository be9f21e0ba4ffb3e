/** `peipkg owns`: the packages that own a path. */
import { Option } from 'clipanion'
import { ownersOf } from '../../operations/owns.ts'
import { renderPaths } from '../render/paths.ts'
import { PeipkgCommand } from './peipkg-command.ts'

export class OwnsCommand extends PeipkgCommand {
  static override readonly synopsis = '[options] <path>'
  static override readonly examples = ['owns /usr/bin/nginx']
  readonly json = Option.Boolean('--json', false, { description: 'prints one JSON document' })
  readonly zero = Option.Boolean('--null', false, {
    description: 'ends each name with NUL instead of a new line',
  })
  readonly subject = Option.String()

  override async run(): Promise<number> {
    const system = this.openSystem()
    this.warnIfUnsettled(system)
    const owners = ownersOf(this.subject, process.cwd(), system)
    if (this.json) this.printJson(owners)
    else this.printText(renderPaths(owners, this.zero))
    return 0
  }
}
