/** `peipkg-repo keys retire`: a key that nothing needs any more is listed no longer. */
import { Option } from 'clipanion'
import type { PublishReport } from '../../native/producer.ts'
import type { Control, SignedChange } from '../../publisher/change-repository.ts'
import { retireKey } from '../../publisher/keys-retire.ts'
import { WithdrawKeyCommand } from './withdraw-key-command.ts'

export class KeysRetireCommand extends WithdrawKeyCommand {
  static override readonly synopsis =
    '--repo <dir> --sign-key <file> --timestamp <time> [--force] [options] <fingerprint>'
  static override readonly details = [
    'Reads all packages first: those that are signed with the key could not be installed any more. They are listed, and the key stays, unless --force is given. A key that somebody else may have is revoked, not retired.',
  ]
  static override readonly examples = [
    'keys retire --repo repository --sign-key next.pem --timestamp 2026-07-02T12:00:00Z 2a3f9b5c2c81463c059df0406cf409e14ed4b54adccb6c647a259af6223b4941',
  ]
  readonly signKey = Option.String('--sign-key', { description: '<file> another private key that is active' })
  readonly force = Option.Boolean('--force', false, {
    description: 'even if packages could not be installed any more',
  })

  protected override readonly done = 'retired'

  protected override withdraw(
    change: SignedChange,
    fingerprint: string,
    control: Control,
  ): Promise<PublishReport> {
    return retireKey(change, { fingerprint, force: this.force }, control)
  }
}
