/** `peipkg-build build`: a recipe and a source tree become packages. */
import { Option } from 'clipanion'
import { type BuildRequest, build } from '../../build/build.ts'
import { asPeiError } from '../../native/errors.ts'
import { compareVersions } from '../../native/identity.ts'
import { checkSigningKey } from '../signing-key.ts'
import { UsageError } from '../usage-error.ts'
import { parseTimestamp, requireOptions, timestampFromEpoch } from '../values.ts'
import { watched } from '../watched.ts'
import { BuildingCommand } from './building-command.ts'

export class BuildCommand extends BuildingCommand {
  static override readonly synopsis =
    '--recipe <dir> --source <dir> --version <v> --source-ref <ref> --farm-id <id> --timestamp <time> --out <dir> [options]'
  static override readonly examples = [
    'build --recipe recipes/hello --source hello-0.1 --version 0.1-1 --source-ref git+https://example.org/hello#v0.1 --farm-id laptop --timestamp 2026-05-01T12:00:00Z --out packages --sign-key key.pem',
  ]
  readonly version = Option.String('--version', { description: '<version> [<epoch>:]<upstream>-<revision>' })
  readonly sourceRef = Option.String('--source-ref', { description: '<ref> where the source came from' })
  readonly farmId = Option.String('--farm-id', { description: '<id> who builds' })
  readonly timestamp = Option.String('--timestamp', {
    description: '<time> of the build, as 2026-05-01T12:00:00Z; default: SOURCE_DATE_EPOCH',
  })
  readonly out = Option.String('--out', { description: '<dir> where the packages go; made when absent' })
  readonly signKey = Option.String('--sign-key', { description: '<file> the private key; default: unsigned' })

  override async run(): Promise<number> {
    const request = this.request()
    const packages = await watched(this.program, async (watch) => {
      for (const key of [this.signKey ?? [], ...Object.values(request.binaryKeys)].flat()) {
        checkSigningKey(key, watch.warn)
      }
      const reporter = { ...watch, kept: (root: string) => watch.note(`kept ${root}`) }
      return await build(request, reporter, watch.signal)
    })
    for (const { path } of packages) this.print(path)
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
      ...this.recipeRun({ recipe: given.recipe, source: given.source }),
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
