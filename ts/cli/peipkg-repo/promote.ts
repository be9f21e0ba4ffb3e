/** `peipkg-repo promote`: packages of one repository are published in another. */
import { Option } from 'clipanion'
import { promote } from '../../publisher/promote.ts'
import { requireOptions } from '../values.ts'
import { publishedLines } from './published-lines.ts'
import { RepositoryCommand } from './repository-command.ts'

export class PromoteCommand extends RepositoryCommand {
  static override readonly synopsis =
    '--from <dir> --to <dir> --sign-key <file> --timestamp <time> [options] <name>[=<version>]…'
  static override readonly details = [
    'The same bytes, under the indexes of the target: its keys must accept the signatures of the packages ("keys add").',
  ]
  static override readonly examples = [
    'promote --from testing --to stable --sign-key key.pem --timestamp 2026-05-02T12:00:00Z nginx zlib=1.3.1-1',
  ]
  readonly names = Option.Rest({ name: 'name', required: 1 })
  readonly from = Option.String('--from', { description: '<dir> the repository that has them' })
  readonly to = Option.String('--to', { description: '<dir> the repository that gets them' })
  readonly signKey = Option.String('--sign-key', {
    description: '<file> a private key that the target lists as active',
  })
  readonly packageUrlTemplate = Option.String('--package-url-template', {
    description: '<url> of {name} {version} {arch} {filename}, as with publish',
  })

  override async run(): Promise<number> {
    const given = requireOptions({
      from: this.from,
      to: this.to,
      'sign-key': this.signKey,
      timestamp: this.timestamp,
    })
    const change = this.signedChange({
      repository: given.to,
      signKey: given['sign-key'],
      timestamp: given.timestamp,
    })
    const template = this.packageUrlTemplate
    const promotion = {
      from: given.from,
      names: this.names,
      ...(template === undefined ? {} : { urlTemplate: template }),
    }
    const report = await this.controlled((control) => promote(change, promotion, control))
    this.show(report, publishedLines(report))
    return 0
  }
}
