/** `peipkg-build reproduce`: builds a package again and says whether the same bytes came out. */
import { Option } from 'clipanion'
import { reproduce } from '../../build/reproduce.ts'
import { ProgramCommand } from '../command.ts'
import { jsonText } from '../render/json.ts'
import { progressLine } from '../render/progress-line.ts'
import { warningLine } from '../report-error.ts'
import { catchSignals } from '../signals.ts'
import { checkSigningKey } from '../signing-key.ts'
import { parseDuration, requireOptions } from '../values.ts'
import { parseCompression } from './compression.ts'
import { differenceDocument, differenceText } from './difference.ts'
import { parseBinaryKeys, parseBuildEnvironment } from './named-values.ts'

export class ReproduceCommand extends ProgramCommand {
  static override readonly synopsis = '<package> --recipe <dir> --source <dir> [options]'
  static override readonly details = [
    'Version, time, farm and source reference are those of the package itself; so is its signature, which fits the same bytes only. Ends with 1 and says where the first difference is when another file comes out.',
  ]
  static override readonly examples = [
    'reproduce hello_0.1-1_noarch.peipkg --recipe recipes/hello --source hello-0.1',
  ]
  readonly recipe = Option.String('--recipe', {
    description: '<path> the recipe directory, or its peipkg.toml',
  })
  readonly source = Option.String('--source', { description: '<dir> the source tree that it was built from' })
  readonly binarySignKey = Option.Array('--binary-sign-key', [], {
    description: '<name=file> the private key that [[sign]] calls by that name; may be repeated',
  })
  readonly buildEnv = Option.Array('--build-env', [], {
    description: '<name=value> a variable for the script; may be repeated',
  })
  readonly timeout = Option.String('--timeout', {
    description: '<time> kills the script after so long: 90s, 30m, 2h',
  })
  readonly keep = Option.Boolean('--keep', false, {
    description: 'keeps what was built, and the temporary directories, and says where',
  })
  readonly level = Option.String('--level', {
    description: '<n> of compression, as it was when the package was built',
  })
  readonly threads = Option.String('--threads', {
    description: '<n> to compress with; never changes the bytes',
  })
  readonly ignoreCompression = Option.Boolean('--ignore-compression', false, {
    description: 'is content with the same tar stream, which is what is signed, however it is compressed',
  })
  readonly json = Option.Boolean('--json', false, { description: 'one JSON document' })
  readonly file = Option.String()

  override async run(): Promise<number> {
    const { stderr, environment } = this.program.io
    const { recipe, source } = requireOptions({ recipe: this.recipe, source: this.source })
    const request = {
      file: this.file,
      recipe,
      source,
      binaryKeys: parseBinaryKeys(this.binarySignKey),
      environment: parseBuildEnvironment(this.buildEnv),
      path: environment.PATH,
      timeoutSeconds: this.timeout === undefined ? undefined : parseDuration('--timeout', this.timeout),
      keep: this.keep,
      // The script's output would be in the way of the document.
      quiet: this.json,
      ...parseCompression(this.level, this.threads),
    }
    const progress = progressLine(stderr)
    const note = (text: string) => {
      progress.clear()
      stderr.write(text)
    }
    const warn = (text: string) => note(warningLine(this.program.program, text))
    for (const key of Object.values(request.binaryKeys)) checkSigningKey(key, warn)
    const reporter = { progress: progress.update, warn, kept: (root: string) => note(`kept ${root}\n`) }
    const caught = catchSignals()
    try {
      const { sha256, difference } = await reproduce(request, reporter, caught.signal)
      const isSame = difference === undefined || (this.ignoreCompression && difference.tar === undefined)
      progress.clear()
      if (this.json) {
        const document = difference && differenceDocument(difference, this.file, 'rebuilt')
        this.print(jsonText({ reproduced: isSame, sha256, difference: document ?? null }, 2))
      } else if (difference === undefined) {
        this.print(`reproduced: ${this.file} is the same file, byte for byte (sha256 ${sha256})`)
      } else {
        this.print(
          isSame ? `reproduced: ${this.file} has the same tar stream` : `not reproduced: ${this.file}`,
        )
        this.printText(differenceText(difference))
      }
      return isSame ? 0 : 1
    } finally {
      progress.clear()
      caught.release()
    }
  }
}
