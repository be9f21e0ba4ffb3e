/** `peipkg-build keygen`: a new private key. */
import { Option } from 'clipanion'
import { generateKey } from '../../native/signature.ts'
import { ProgramCommand } from '../command.ts'
import { groupFingerprint } from '../render/fingerprint.ts'
import { requireOptions } from '../values.ts'

export class KeygenCommand extends ProgramCommand {
  static override readonly synopsis = '--out <file>'
  static override readonly examples = ['keygen --out key.pem']
  readonly out = Option.String('--out', { description: '<file> PKCS#8 PEM, mode 0600; never replaced' })

  override async run(): Promise<number> {
    const { out } = requireOptions({ out: this.out })
    this.print(groupFingerprint(generateKey(out)))
    return 0
  }
}
