/** `peipkg-build binary-sign`: puts a signature into an ELF file, as `[[sign]]` does during a build. */
import { Option } from 'clipanion'
import { signBinary } from '../../native/packages.ts'
import { cancellable } from '../../native/task.ts'
import { ProgramCommand } from '../command.ts'
import { groupFingerprint } from '../render/fingerprint.ts'
import { checkSigningKey } from '../signing-key.ts'
import { requireOptions } from '../values.ts'
import { watched } from '../watched.ts'

export class BinarySignCommand extends ProgramCommand {
  static override readonly synopsis = '--in <file> --key <file>'
  static override readonly details = [
    'The file gets a section ".peios.sig", appended, so that nothing before it moves. It must be a little-endian ELF64 file without that section.',
  ]
  static override readonly examples = ['binary-sign --in tool --key release.pem']
  readonly in = Option.String('--in', { description: '<file> the binary; the signed one takes its place' })
  readonly key = Option.String('--key', { description: '<file> the private key' })

  override async run(): Promise<number> {
    const given = requireOptions({ in: this.in, key: this.key })
    const fingerprint = await watched(this.program, async ({ progress, signal, warn }) => {
      checkSigningKey(given.key, warn)
      return await cancellable(signal, (token) => signBinary(given.in, given.key, progress, token))
    })
    this.print(`signed ${given.in} by ${groupFingerprint(fingerprint)}`)
    return 0
  }
}
