/** `peipkg apply`: makes the system match a file that `export` wrote. */
import { Option } from 'clipanion'
import { LIST_LIMIT, type PackageList, parsePackageList } from '../../config/package-list.ts'
import { readTextFile } from '../../config/text-file.ts'
import { PeiError } from '../../native/errors.ts'
import { apply } from '../../operations/apply.ts'
import type { ChangeOptions, ChangeReport } from '../../operations/change.ts'
import type { Session } from '../../operations/session.ts'
import { ChangeCommand } from './change-command.ts'

export class ApplyCommand extends ChangeCommand {
  static override readonly synopsis = '[options] <file>'
  static override readonly details = [
    'The packages that the file names become the explicit set: what is missing is installed, what serves none of them goes. With a lock section exactly the packages listed there are installed, by version, architecture and SHA-256, and no others; to go back to an older version takes an authorisation.',
  ]
  static override readonly examples = ['apply packages.toml', 'apply --locked --yes packages.toml']
  readonly locked = Option.Boolean('--locked', false, {
    description: 'refuses a file without exact versions and hashes',
  })
  readonly overwriteUnowned = Option.Boolean('--overwrite-unowned', false, {
    description: 'displaces files that no package owns, keeping them',
  })
  readonly file = Option.String()

  protected override changeOptions(): ChangeOptions {
    return { ...super.changeOptions(), overwriteUnowned: this.overwriteUnowned }
  }

  protected override async change(options: ChangeOptions, session: Session): Promise<ChangeReport> {
    return await apply(await this.list(), options, session)
  }

  private async list(): Promise<PackageList> {
    const list = await parsePackageList(this.file, readTextFile(this.file, LIST_LIMIT))
    if (!this.locked || list.lock !== null) return list
    throw new PeiError(
      'PEI_CONFIG_INVALID',
      `${this.file} has no lock section (peipkg export --locked writes one)`,
    )
  }
}
