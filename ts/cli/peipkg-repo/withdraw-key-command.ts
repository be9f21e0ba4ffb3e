/** What `keys revoke` and `keys retire` share: a listed key is named, and is one no longer. */
import { Option } from 'clipanion'
import type { PublishReport } from '../../native/producer.ts'
import type { Control, SignedChange } from '../../publisher/change-repository.ts'
import { groupFingerprint } from '../render/fingerprint.ts'
import { UsageError } from '../usage-error.ts'
import { RepositoryCommand } from './repository-command.ts'

export abstract class WithdrawKeyCommand extends RepositoryCommand {
  readonly fingerprint = Option.String({ name: 'fingerprint' })
  readonly repo = Option.String('--repo', { description: '<dir> the repository' })
  abstract readonly signKey: string | undefined

  /** As it is printed. */
  protected abstract readonly done: 'revoked' | 'retired'

  protected abstract withdraw(
    change: SignedChange,
    fingerprint: string,
    control: Control,
  ): Promise<PublishReport>

  override async run(): Promise<number> {
    const change = this.changeOf(this.repo, this.signKey)
    const fingerprint = parseFingerprint(this.fingerprint)
    const report = await this.controlled((control) => this.withdraw(change, fingerprint, control))
    const lines = [
      `${this.done} key ${groupFingerprint(fingerprint)}`,
      `published index_version ${report.indexVersion}`,
    ]
    this.show(report, lines, { keys: { [this.done]: fingerprint } })
    return 0
  }
}

/** 64 hexadecimal digits, in groups or not, as they are printed. */
function parseFingerprint(text: string): string {
  const digits = text.replaceAll(/[\s:]/g, '').toLowerCase()
  if (/^[0-9a-f]{64}$/.test(digits)) return digits
  throw new UsageError('malformed', `a fingerprint has 64 hexadecimal digits, not "${text}"`)
}
