/** `peipkg-build build`: a recipe and a source tree become packages. */
import { Option } from 'clipanion'
import { type BuildRequest, build } from '../../build/build.ts'
import { asPeiError } from '../../native/errors.ts'
import { compareVersions } from '../../native/identity.ts'
import { ProgramCommand } from '../command.ts'
import { progressLine } from '../render/progress-line.ts'
import { warningLine } from '../report-error.ts'
import { catchSignals } from '../signals.ts'
import { checkSigningKey } from '../signing-key.ts'
import { UsageError } from '../usage-error.ts'
import { parseDuration, parseTimestamp, requireOptions, timestampFromEpoch } from '../values.ts'
import { parseCompression } from './compression.ts'
import { parseBinaryKeys, parseBuildEnvironment } from './named-values.ts'

export class BuildCommand extends ProgramCommand {
  static override readonly synopsis =
    '--recipe <dir> --source <dir> --version <v> --source-ref <ref> --farm-id <id> --timestamp <time> --out <dir> [options]'
  static override readonly examples = [
    'build --recipe recipes/hello --source hello-0.1 --version 0.1-1 --source-ref git+https://example.org/hello#v0.1 --farm-id laptop --timestamp 2026-05-01T12:00:00Z --out packages --sign-key key.pem',
  ]
  readonly recipe = Option.String('--recipe', {
    description: '<path> the recipe directory, or its peipkg.toml',
  })
  readonly source = Option.String('--source', {
    description: '<dir> the source tree, $SOURCE_DIR of the script',
  })
  readonly version = Option.String('--version', { description: '<version> [<epoch>:]<upstream>-<revision>' })
  readonly sourceRef = Option.String('--source-ref', { description: '<ref> where the source came from' })
  readonly farmId = Option.String('--farm-id', { description: '<id> who builds' })
  readonly timestamp = Option.String('--timestamp', {
    description: '<time> of the build, as 2026-05-01T12:00:00Z; default: SOURCE_DATE_EPOCH',
  })
  readonly out = Option.String('--out', { description: '<dir> where the packages go; made when absent' })
  readonly signKey = Option.String('--sign-key', { description: '<file> the private key; default: unsigned' })
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
    description: 'keeps the temporary directories and says where',
  })
  readonly level = Option.String('--level', { description: '<n> of compression, 1 to 22' })
  readonly threads = Option.String('--threads', {
    description: '<n> to compress with; never changes the bytes',
  })

  override async run(): Promise<number> {
    const { stderr } = this.program.io
    const request = this.request()
    const progress = progressLine(stderr)
    const note = (text: string) => {
      progress.clear()
      stderr.write(text)
    }
    const reporter = {
      progress: progress.update,
      warn: (text: string) => note(warningLine(this.program.program, text)),
      kept: (root: string) => note(`kept ${root}\n`),
    }
    for (const key of [this.signKey ?? [], ...Object.values(request.binaryKeys)].flat()) {
      checkSigningKey(key, reporter.warn)
    }
    const caught = catchSignals()
    try {
      const packages = await build(request, reporter, caught.signal)
      progress.clear()
      for (const { path } of packages) this.print(path)
    } finally {
      progress.clear()
      caught.release()
    }
    return 0
  }

  /** What was asked for, every value parsed; usage errors come before any work. */
  private request(): BuildRequest {
    const { environment } = this.program.io
    const given = requireOptions({
      recipe: this.recipe,
      source: this.source,
      version: this.version,
      'source-ref': this.sourceRef,
      'farm-id': this.farmId,
      timestamp: this.timestamp ?? environment.SOURCE_DATE_EPOCH,
      out: this.out,
    })
    return {
      recipe: given.recipe,
      source: given.source,
      identity: {
        version: parseVersion(given.version),
        timestamp:
          this.timestamp === undefined
            ? timestampFromEpoch(given.timestamp)
            : parseTimestamp('--timestamp', given.timestamp),
        farmId: given['farm-id'],
        sourceRef: given['source-ref'],
      },
      out: given.out,
      signKey: this.signKey,
      binaryKeys: parseBinaryKeys(this.binarySignKey),
      environment: parseBuildEnvironment(this.buildEnv),
      path: environment.PATH,
      timeoutSeconds: this.timeout === undefined ? undefined : parseDuration('--timeout', this.timeout),
      keep: this.keep,
      ...parseCompression(this.level, this.threads),
    }
  }
}

function parseVersion(text: string): string {
  try {
    compareVersions(text, text)
    return text
  } catch (error) {
    const known = asPeiError(error)
    if (known?.code !== 'PEI_VERSION_INVALID') throw error
    throw new UsageError('malformed', `option --version: ${known.message}`)
  }
}
