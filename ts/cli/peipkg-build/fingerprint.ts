/** `peipkg-build fingerprint`: which key a file holds. */
import { Option } from 'clipanion'
import { readKeyFile } from '../../native/signature.ts'
import { ProgramCommand } from '../command.ts'
import { groupFingerprint } from '../render/fingerprint.ts'
import { warningLine } from '../report-error.ts'
import { exposedKeyText } from '../signing-key.ts'

export class FingerprintCommand extends ProgramCommand {
  static override readonly synopsis = '<key file>'
  static override readonly details = [
    '32 raw bytes are taken for a public key. Of a raw seed, "public-key" writes the public half first.',
  ]
  static override readonly examples = ['fingerprint key.pem']
  readonly file = Option.String()

  override async run(): Promise<number> {
    const { fingerprint, exposed } = readKeyFile(this.file)
    if (exposed) this.program.io.stderr.write(warningLine(this.program.program, exposedKeyText(this.file)))
    this.print(groupFingerprint(fingerprint))
    return 0
  }
}
