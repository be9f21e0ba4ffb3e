/** `peipkg-repo keys revoke`: a key is accepted never again. */
import { Option } from 'clipanion'
import { revokeKey } from '../../publisher/keys-revoke.ts'
import { groupFingerprint } from '../render/fingerprint.ts'
import { requireOptions } from '../values.ts'
import { parseFingerprint, RepositoryCommand } from './repository-command.ts'

export class KeysRevokeCommand extends RepositoryCommand {
  static override readonly synopsis =
    '--repo <dir> --sign-key <file> --timestamp <time> [--re-anchor] [options] <fingerprint>'
  static override readonly details = [
    'For a key that somebody else may have. Consumers never accept it again, whatever is published later. The signing key must be one that the repository lists as active already, else consumers could not verify the news.',
  ]
  static override readonly examples = [
    'keys revoke --repo repository --sign-key backup.pem --timestamp 2026-05-02T12:00:00Z 2a3f9b5c2c81463c059df0406cf409e14ed4b54adccb6c647a259af6223b4941',
  ]
  readonly fingerprint = Option.String({ name: 'fingerprint' })
  readonly repo = Option.String('--repo', { description: '<dir> the repository' })
  readonly signKey = Option.String('--sign-key', {
    description: '<file> another private key, which signs from now on',
  })
  readonly reAnchor = Option.Boolean('--re-anchor', false, {
    description: 'signs with a key that consumers do not know: each of them has to add it by hand',
  })

  override async run(): Promise<number> {
    const given = requireOptions({ repo: this.repo, 'sign-key': this.signKey, timestamp: this.timestamp })
    const fingerprint = parseFingerprint(this.fingerprint)
    const change = this.signedChange({
      repository: given.repo,
      signKey: given['sign-key'],
      timestamp: given.timestamp,
    })
    const revocation = { fingerprint, reAnchor: this.reAnchor }
    const report = await this.controlled((control) => revokeKey(change, revocation, control))
    const lines = [
      `revoked key ${groupFingerprint(fingerprint)}`,
      `published index_version ${report.indexVersion}`,
    ]
    this.show(report, lines, { keys: { revoked: fingerprint } })
    return 0
  }
}
