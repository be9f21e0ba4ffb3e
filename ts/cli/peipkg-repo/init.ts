/** `peipkg-repo init`: an empty repository. */
import { Option } from 'clipanion'
import { initRepository } from '../../native/producer.ts'
import { ProgramCommand } from '../command.ts'
import { groupFingerprint } from '../render/fingerprint.ts'
import { jsonText } from '../render/json.ts'
import { warningLine } from '../report-error.ts'
import { checkSigningKey } from '../signing-key.ts'
import { parseChoice, parseTimestamp, requireOptions } from '../values.ts'
import { signatureFormats } from './signature-format.ts'

export class InitCommand extends ProgramCommand {
  static override readonly document = 'repository-init'
  static override readonly synopsis =
    '--name <name> --sign-key <file> --timestamp <time> --out <dir> [options]'
  static override readonly examples = [
    'init --name official --sign-key key.pem --timestamp 2026-05-01T12:00:00Z --out repository',
  ]
  readonly name = Option.String('--name', { description: '<name> of the repository' })
  readonly description = Option.String('--description', { description: '<text> one line for people' })
  readonly signKey = Option.String('--sign-key', { description: '<file> the private key of the repository' })
  readonly timestamp = Option.String('--timestamp', { description: '<time> now, as 2026-05-01T12:00:00Z' })
  readonly out = Option.String('--out', { description: '<dir> must be empty or absent' })
  readonly signatureFormat = Option.String('--signature-format', 'envelope', {
    description: '<format> envelope (default) or bare',
  })
  readonly json = Option.Boolean('--json', false, { description: 'one JSON document' })

  override async run(): Promise<number> {
    const given = requireOptions({
      name: this.name,
      'sign-key': this.signKey,
      timestamp: this.timestamp,
      out: this.out,
    })
    const request = {
      out: given.out,
      name: given.name,
      ...(this.description === undefined ? {} : { description: this.description }),
      signKey: given['sign-key'],
      timestamp: parseTimestamp('--timestamp', given.timestamp),
      signatureFormat: parseChoice('--signature-format', this.signatureFormat, signatureFormats),
    }
    checkSigningKey(request.signKey, (text) =>
      this.program.io.stderr.write(warningLine(this.program.program, text)),
    )
    const { fingerprint } = await initRepository(request)
    if (this.json) {
      this.print(jsonText({ name: request.name, directory: request.out, fingerprint }, 2))
      return 0
    }
    this.print(`initialised repository "${request.name}" at ${request.out}`)
    this.print(`key fingerprint: ${groupFingerprint(fingerprint)}`)
    return 0
  }
}
