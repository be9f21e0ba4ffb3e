/** What the commands share that run a recipe: `build` and `reproduce`. */
import { Option } from 'clipanion'
import type { RecipeRun } from '../../build/build.ts'
import { ProgramCommand } from '../command.ts'
import { parseDuration } from '../values.ts'
import { parseCompression } from './compression.ts'
import { parseBinaryKeys, parseBuildEnvironment } from './named-values.ts'

export abstract class BuildingCommand extends ProgramCommand {
  readonly recipe = Option.String('--recipe', {
    description: '<path> the recipe directory, or its peipkg.toml',
  })
  readonly source = Option.String('--source', {
    description: '<dir> the source tree, $SOURCE_DIR of the script',
  })
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

  /** Every value parsed. */
  protected recipeRun(given: { readonly recipe: string; readonly source: string }): RecipeRun {
    return {
      recipe: given.recipe,
      source: given.source,
      binaryKeys: parseBinaryKeys(this.binarySignKey),
      environment: parseBuildEnvironment(this.buildEnv),
      path: this.program.io.environment.PATH,
      timeoutSeconds: this.timeout === undefined ? undefined : parseDuration('--timeout', this.timeout),
      keep: this.keep,
      compression: parseCompression(this.level, this.threads),
    }
  }
}
