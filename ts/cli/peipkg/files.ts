/** `peipkg files`: every path that a package owns. */
import { Option } from 'clipanion'
import { ownedFiles } from '../../operations/files.ts'
import { renderPaths } from '../render/paths.ts'
import { PeipkgCommand } from './peipkg-command.ts'

export class FilesCommand extends PeipkgCommand {
  static override readonly synopsis = '[options] <name>'
  static override readonly examples = ['files nginx']
  static override readonly completes = 'installed'
  readonly json = Option.Boolean('--json', false, { description: 'prints one JSON document' })
  readonly zero = Option.Boolean('--null', false, {
    description: 'ends each path with NUL instead of a new line',
  })
  readonly name = Option.String()

  override async run(): Promise<number> {
    const system = this.openSystem()
    this.warnIfUnsettled(system)
    const paths = ownedFiles(this.name, system)
    if (this.json) {
      this.printJson(
        paths.map(({ path, kind, size, sha256, target }) => ({
          ...{ path: `/${path}`, kind, size, sha256: sha256 ?? null, target: target ?? null },
        })),
      )
    } else {
      const shown = paths.map(({ path }) => `/${path}`)
      this.printText(renderPaths(shown, this.zero))
    }
    return 0
  }
}
