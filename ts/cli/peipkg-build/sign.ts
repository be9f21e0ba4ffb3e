/** `peipkg-build sign`: adds a signature to an unsigned package. */

import { resolve } from 'node:path'
import { Option } from 'clipanion'
import { signPackage } from '../../native/packages.ts'
import { cancellable } from '../../native/task.ts'
import { ProgramCommand } from '../command.ts'
import { checkSigningKey } from '../signing-key.ts'
import { requireOptions } from '../values.ts'
import { watched } from '../watched.ts'
import { parseCompression } from './compression.ts'

export class SignCommand extends ProgramCommand {
  static override readonly synopsis = '<package> --sign-key <file> [--out <file>] [options]'
  static override readonly details = [
    'The tar stream before the signature stays the same, and the result is the file that "build --sign-key" gives. The package is verified first.',
  ]
  static override readonly examples = [
    'sign hello_0.1-1_noarch.peipkg --sign-key key.pem --out signed/hello_0.1-1_noarch.peipkg',
  ]
  readonly signKey = Option.String('--sign-key', { description: '<file> the private key' })
  readonly out = Option.String('--out', {
    description: '<file> the signed package; default: it takes the place of the unsigned one',
  })
  readonly level = Option.String('--level', { description: '<n> of compression, 1 to 22' })
  readonly threads = Option.String('--threads', {
    description: '<n> to compress with; never changes the bytes',
  })
  readonly file = Option.String()

  override async run(): Promise<number> {
    const { 'sign-key': signKey } = requireOptions({ 'sign-key': this.signKey })
    const out = resolve(this.out ?? this.file)
    const request = { path: this.file, out, signKey, ...parseCompression(this.level, this.threads) }
    await watched(this.program, async ({ progress, signal, warn }) => {
      checkSigningKey(signKey, warn)
      await cancellable(signal, (token) => signPackage(request, progress, token))
    })
    this.print(out)
    return 0
  }
}
