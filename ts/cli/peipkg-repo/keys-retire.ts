/** `peipkg-repo keys retire`: a key that nothing needs any more is listed no longer. */
import { Option } from 'clipanion'
import { retireKey } from '../../publisher/keys-retire.ts'
import { groupFingerprint } from '../render/fingerprint.ts'
import { requireOptions } from '../values.ts'
import { parseFingerprint, RepositoryCommand } from './repository-command.ts'

export class KeysRetireCommand extends RepositoryCommand {
  static override readonly synopsis =
    '--repo <dir> --sign-key <file> --timestamp <time> [--force] [options] <fingerprint>'
  static override readonly details = [
    'Reads all packages first: those that are signed with the key could not be installed any more. They are listed, and the key stays, unless --force is given. A key that somebody else may have is revoked, not retired.',
  ]
  static override readonly examples = [
    'keys retire --repo repository --sign-key next.pem --timestamp 2026-07-02T12:00:00Z 2a3f9b5c2c81463c059df0406cf409e14ed4b54adccb6c647a259af6223b4941',
  ]
  readonly fingerprint = Option.String({ name: 'fingerprint' })
  readonly repo = Option.String('--repo', { description: '<dir> the repository' })
  readonly signKey = Option.String('--sign-key', { description: '<file> another private key that is active' })
  readonly force = Option.Boolean('--force', false, {
    description: 'even if packages could not be installed any more',
  })

  override async run(): Promise<number> {
    const given = requireOptions({ repo: this.repo, 'sign-key': this.signKey, timestamp: this.timestamp })
    const fingerprint = parseFingerprint(this.fingerprint)
    const change = this.signedChange({
      repository: given.repo,
      signKey: given['sign-key'],
      timestamp: given.timestamp,
    })
    const retirement = { fingerprint, force: this.force }
    const report = await this.controlled((control) => retireKey(change, retirement, control))
    const lines = [
      `retired key ${groupFingerprint(fingerprint)}`,
      `published index_version ${report.indexVersion}`,
    ]
    this.show(report, lines, { keys: { retired: fingerprint } })
    return 0
  }
}
