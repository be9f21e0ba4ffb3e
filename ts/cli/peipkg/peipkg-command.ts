/** What the commands of `peipkg` share: the root, and the warning about one that needs a person. */
import { resolve } from 'node:path'
import { Option } from 'clipanion'
import { System } from '../../native/system.ts'
import { ProgramCommand } from '../command.ts'
import { jsonText } from '../render/json.ts'
import { warningLine } from '../report-error.ts'

export abstract class PeipkgCommand extends ProgramCommand {
  readonly root = Option.String('--root', '/', { description: '<dir> the root to work below (/)' })

  /** Queries read and print; nothing is locked, nothing fetched. */
  protected openSystem(): System {
    return new System(resolve(this.root))
  }

  protected printJson(document: unknown): void {
    this.print(jsonText(document))
  }

  protected warn(text: string): void {
    this.program.io.stderr.write(warningLine(this.program.program, text))
  }

  /** Reads go on below a root that cannot be brought to rest, and say so (PSD-009 §7.5). */
  protected warnIfUnsettled(system: System): void {
    const { indeterminate } = system.status()
    if (indeterminate === undefined) return
    const { transaction, paths } = indeterminate
    this.warn(
      `transaction ${transaction} could be neither finished nor rolled back: ${paths.length} path(s) are in doubt (run: peipkg recover --report)`,
    )
  }
}
