/** `peipkg list`: what is installed. */
import { Option } from 'clipanion'
import type { System } from '../../native/system.ts'
import { renderRows } from '../render/columns.ts'
import { PeipkgCommand } from './peipkg-command.ts'

export class ListCommand extends PeipkgCommand {
  static override readonly synopsis = '[options]'
  readonly json = Option.Boolean('--json', false, { description: 'prints one JSON document' })

  override async run(): Promise<number> {
    const system = this.openSystem()
    this.warnIfUnsettled(system)
    const packages = system.listPackages()
    if (this.json) {
      const configured = configuredNames(system)
      this.printJson(
        packages.map(({ name, version, architecture, origin, reason, held }) => ({
          ...{ name, version, architecture, origin, reason, held },
          orphaned: origin !== null && !configured.has(origin),
        })),
      )
    } else if (packages.length === 0) {
      this.print('no packages are installed')
    } else {
      const rows = packages.map(({ name, version, architecture }) => [name, version, architecture])
      this.printText(renderRows(rows, this.program.io.stdout))
    }
    return 0
  }
}

/** A package whose origin is configured no more gets no upgrades. */
function configuredNames(system: System): ReadonlySet<string> {
  return new Set(system.readConfiguration().map(({ name }) => name.replace(/\.repo$/, '')))
}
