/** `peipkg export`: the packages that were asked for, as a file for `apply`. */
import { writeFileSync } from 'node:fs'
import { Option } from 'clipanion'
import { packageListText } from '../../config/package-list.ts'
import { PeiError, reasonOf } from '../../native/errors.ts'
import { exportPackages } from '../../operations/export.ts'
import { SessionCommand } from './session-command.ts'

export class ExportCommand extends SessionCommand {
  static override readonly synopsis = '[options] [file]'
  static override readonly details = [
    'The file is TOML; docs/schemas/package-list.schema.json describes it. With --locked it has a lock section: every installed package by version, architecture and SHA-256.',
  ]
  static override readonly examples = ['export', 'export --locked packages.toml']
  readonly locked = Option.Boolean('--locked', false, {
    description: 'with the exact versions and hashes of all that is installed',
  })
  readonly json = Option.Boolean('--json', false, { description: 'prints one JSON document' })
  readonly file = Option.String({ required: false })

  override async run(): Promise<number> {
    const session = this.openSession({ yes: false, json: this.json })
    this.warnIfUnsettled(session.system)
    const list = await exportPackages(this.locked, session)
    if (this.file !== undefined) write(this.file, packageListText(list))
    if (this.json) this.printJson({ format: 1, ...list })
    else if (this.file === undefined) this.printText(packageListText(list))
    return 0
  }
}

function write(file: string, text: string): void {
  try {
    writeFileSync(file, text)
  } catch (error) {
    throw new PeiError('PEI_IO', `cannot write ${file}: ${reasonOf(error)}`, { cause: error })
  }
}
