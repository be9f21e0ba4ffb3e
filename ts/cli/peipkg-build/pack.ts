/** `peipkg-build pack`: one package from a resolved manifest and a staged directory. */
import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { Option } from 'clipanion'
import { packStaged } from '../../build/pack-staged.ts'
import { PeiError } from '../../native/errors.ts'
import { ProgramCommand } from '../command.ts'
import { checkSigningKey } from '../signing-key.ts'
import { requireOptions } from '../values.ts'
import { watched } from '../watched.ts'
import { parseCompression } from './compression.ts'

export class PackCommand extends ProgramCommand {
  static override readonly synopsis = '--manifest <file> --staged <dir> --out <file> [options]'
  static override readonly examples = [
    'pack --manifest manifest.json --staged root --out hello_0.1-1_noarch.peipkg --sign-key key.pem',
  ]
  readonly manifest = Option.String('--manifest', {
    description: '<file> the manifest; schema_version and size_installed are computed',
  })
  readonly staged = Option.String('--staged', { description: '<dir> the payload; all of it is packed' })
  readonly out = Option.String('--out', { description: '<file> the package; replaced when it exists' })
  readonly signKey = Option.String('--sign-key', { description: '<file> the private key; default: unsigned' })
  readonly level = Option.String('--level', { description: '<n> of compression, 1 to 22' })
  readonly threads = Option.String('--threads', {
    description: '<n> to compress with; never changes the bytes',
  })

  override async run(): Promise<number> {
    const given = requireOptions({ manifest: this.manifest, staged: this.staged, out: this.out })
    const compression = parseCompression(this.level, this.threads)
    if (statSync(given.out, { throwIfNoEntry: false })?.isDirectory()) {
      throw new PeiError(
        'PEI_IO',
        `cannot write ${given.out}: it is a directory (--out names the package file)`,
      )
    }
    const request = { ...given, out: resolve(given.out), signKey: this.signKey, compression }
    const { path } = await watched(this.program, async ({ progress, signal, warn }) => {
      if (this.signKey !== undefined) checkSigningKey(this.signKey, warn)
      const packed = await packStaged(request, progress, signal)
      for (const text of packed.warnings) warn(text)
      return packed
    })
    this.print(path)
    return 0
  }
}
