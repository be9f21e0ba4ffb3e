/** `peipkg-build public-key`: the half of a key that others may have. */
import { writeFileSync } from 'node:fs'
import { Option } from 'clipanion'
import { PeiError, reasonOf } from '../../native/errors.ts'
import { publicHalfOfKeyFile } from '../../native/signature.ts'
import { ProgramCommand } from '../command.ts'
import { warningLine } from '../report-error.ts'
import { exposedKeyText } from '../signing-key.ts'

export class PublicKeyCommand extends ProgramCommand {
  static override readonly synopsis = '<private key file> [--out <file>]'
  static override readonly details = [
    'For "inspect --key", for "keys add" of peipkg-repo, and for whoever wants to check your signatures. It is the file that a repository has in keys/.',
  ]
  static override readonly examples = ['public-key key.pem --out key.pub']
  readonly out = Option.String('--out', {
    description: '<file> PEM; never replaced; default: standard output',
  })
  readonly file = Option.String()

  override async run(): Promise<number> {
    const { hex, exposed } = publicHalfOfKeyFile(this.file)
    if (exposed) this.program.io.stderr.write(warningLine(this.program.program, exposedKeyText(this.file)))
    const pem = pemOf(hex)
    if (this.out === undefined) this.printText(pem)
    else writeNew(this.out, pem)
    return 0
  }
}

/** What RFC 8410 puts before the 32 bytes of an Ed25519 public key. */
const PREFIX = '302a300506032b6570032100'

function pemOf(hex: string): string {
  const body = Buffer.from(PREFIX + hex, 'hex').toString('base64')
  return `-----BEGIN PUBLIC KEY-----\n${body}\n-----END PUBLIC KEY-----\n`
}

/** Never over a file: it could be the private key itself. */
function writeNew(path: string, text: string): void {
  try {
    writeFileSync(path, text, { flag: 'wx', mode: 0o644 })
  } catch (error) {
    throw new PeiError('PEI_IO', `cannot write ${path}: ${reasonOf(error)}`, { cause: error })
  }
}
