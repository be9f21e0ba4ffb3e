/** `peipkg-repo keys add`: one more key that consumers accept. */
import { Option } from 'clipanion'
import { readKeyFile } from '../../native/signature.ts'
import { addKey } from '../../publisher/keys-add.ts'
import { groupFingerprint } from '../render/fingerprint.ts'
import { requireOptions } from '../values.ts'
import { RepositoryCommand } from './repository-command.ts'

export class KeysAddCommand extends RepositoryCommand {
  static override readonly synopsis =
    '--repo <dir> --key <file> --sign-key <file> --timestamp <time> [options]'
  static override readonly details = [
    'Consumers learn of the key with their next refresh. A second key that lies in a safe is what a lost or stolen first one is replaced with: list it long before it is needed.',
  ]
  static override readonly examples = [
    'keys add --repo repository --key backup.pub.pem --sign-key key.pem --timestamp 2026-05-02T12:00:00Z',
  ]
  readonly repo = Option.String('--repo', { description: '<dir> the repository' })
  readonly key = Option.String('--key', { description: '<file> the key to be added, public or private' })
  readonly signKey = Option.String('--sign-key', {
    description: '<file> a private key that the repository lists',
  })

  override async run(): Promise<number> {
    const {
      repo: repository,
      key,
      ...given
    } = requireOptions({
      repo: this.repo,
      key: this.key,
      'sign-key': this.signKey,
      timestamp: this.timestamp,
    })
    const change = this.signedChange({ repository, signKey: given['sign-key'], timestamp: given.timestamp })
    const { fingerprint } = readKeyFile(key)
    const report = await this.controlled((control) => addKey(change, key, control))
    this.show(report, [`added key ${groupFingerprint(fingerprint)}`], { keys: { added: fingerprint } })
    return 0
  }
}
