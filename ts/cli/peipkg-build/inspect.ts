/** `peipkg-build inspect`: verifies a package file, everything but trust, and shows it. */
import { Option } from 'clipanion'
import { asPeiError, PeiError } from '../../native/errors.ts'
import { inspectPackage } from '../../native/packages.ts'
import { cancellable } from '../../native/task.ts'
import { ProgramCommand } from '../command.ts'
import { jsonText } from '../render/json.ts'
import { holdsPrivateKey } from '../signing-key.ts'
import { UsageError } from '../usage-error.ts'
import { watched } from '../watched.ts'
import { filesText, inspectionDocument, inspectionText, verdictText } from './inspection.ts'

export class InspectCommand extends ProgramCommand {
  static override readonly synopsis = '<package> [--json|--files|--verify] [--key <file>]…'
  static override readonly examples = [
    'inspect hello_0.1-1_noarch.peipkg',
    'inspect --verify --key key.pub hello_0.1-1_noarch.peipkg',
  ]
  readonly json = Option.Boolean('--json', false, { description: 'everything as one JSON document' })
  readonly files = Option.Boolean('--files', false, { description: 'the payload only: size and path' })
  readonly verify = Option.Boolean('--verify', false, {
    description: 'says only whether the package is whole',
  })
  readonly key = Option.Array('--key', [], {
    description: '<file> a public key; the signature must be by one of those given',
  })
  readonly file = Option.String()

  override async run(): Promise<number> {
    const forms = [this.json, this.files, this.verify].filter(Boolean)
    if (forms.length > 1)
      throw new UsageError('malformed', 'only one of --json, --files and --verify can be given')
    for (const key of this.key) refusePrivate(key)
    const options = this.key.length === 0 ? {} : { keys: [...this.key], requireSignature: true }
    const inspection = await watched(this.program, ({ progress, signal }) =>
      cancellable(signal, (token) => inspectPackage(this.file, options, progress, token)),
    ).catch((error: unknown) => {
      throw namingFile(error, this.file)
    })
    if (this.json) this.print(jsonText(inspectionDocument(inspection), 2))
    else if (this.files) this.printText(filesText(inspection))
    else if (this.verify) this.print(verdictText(inspection))
    else this.printText(inspectionText(inspection))
    return 0
  }
}

/** One that cannot be read at all is reported by the core. */
function refusePrivate(path: string): void {
  if (!holdsPrivateKey(path)) return
  throw new PeiError(
    'PEI_KEY_INVALID',
    `${path} holds a private key: --key takes the public one ("peipkg-build public-key ${path}" writes it)`,
  )
}

/** Rules that a package breaks are named by the core, which reads a stream; the file is named here. */
function namingFile(error: unknown, file: string): unknown {
  const known = asPeiError(error)
  if (known === undefined || known.code === 'PEI_CANCELLED' || known.message.includes(file)) return error
  return new PeiError(known.code, `${file}: ${known.message}`, { cause: error })
}
