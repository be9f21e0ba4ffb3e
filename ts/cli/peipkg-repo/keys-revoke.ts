/** `peipkg-repo keys revoke`: a key is accepted never again. */
import { Option } from 'clipanion'
import type { PublishReport } from '../../native/producer.ts'
import type { Control, SignedChange } from '../../publisher/change-repository.ts'
import { revokeKey } from '../../publisher/keys-revoke.ts'
import { WithdrawKeyCommand } from './withdraw-key-command.ts'

export class KeysRevokeCommand extends WithdrawKeyCommand {
  static override readonly synopsis =
    '--repo <dir> --sign-key <file> --timestamp <time> [--re-anchor] [options] <fingerprint>'
  static override readonly details = [
    'For a key that somebody else may have. Consumers never accept it again, whatever is published later. The signing key must be one that the repository lists as active already, else consumers could not verify the news.',
  ]
  static override readonly examples = [
    'keys revoke --repo repository --sign-key backup.pem --timestamp 2026-05-02T12:00:00Z 2a3f9b5c2c81463c059df0406cf409e14ed4b54adccb6c647a259af6223b4941',
  ]
  readonly signKey = Option.String('--sign-key', {
    description: '<file> another private key, which signs from now on',
  })
  readonly reAnchor = Option.Boolean('--re-anchor', false, {
    description: 'signs with a key that consumers do not know: each of them has to add it by hand',
  })

  protected override readonly done = 'revoked'

  protected override withdraw(
    change: SignedChange,
    fingerprint: string,
    control: Control,
  ): Promise<PublishReport> {
    return revokeKey(change, { fingerprint, reAnchor: this.reAnchor }, control)
  }
}
