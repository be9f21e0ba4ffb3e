/** `peipkg-farm schedule-recipe`: packages, for every platform whose architecture the recipe declares. */
import { Option } from 'clipanion'
import type { RecipeSource, RecipeSpec } from '../../farm/api/job.ts'
import { readRecipeFiles } from '../../farm/client/given-file.ts'
import { parseTimestamp, requireOptions } from '../values.ts'
import { ScheduleJobCommand } from './job-command.ts'
import { parseGitReference, parsePairs } from './pairs.ts'

export class ScheduleRecipeCommand extends ScheduleJobCommand {
  static override readonly synopsis = '<name> <recipe> --version <version> [options]'
  static override readonly details = [
    'The recipe is a directory, whose files go with the job, or git+URL#REFERENCE:DIRECTORY, which the worker fetches, as it does the source: outside the sandbox, one commit, without .git. The packages come back unsigned; the server verifies, signs and publishes them.',
  ]
  static override readonly examples = [
    'schedule-recipe hello recipes/hello --version 1.0-1 --source git+https://example.org/hello.git#refs/tags/v1.0',
    'schedule-recipe hello recipes/hello --version 1.0-1 --needs libhello --platform debian-12-aarch64',
  ]
  readonly version = Option.String('--version', { description: '<version> of the packages' })
  readonly source = Option.String('--source', {
    description: '<git+url#ref> what is built (an empty directory)',
  })
  readonly commit = Option.String('--commit', { description: '<id> that the reference has to be at' })
  readonly submodules = Option.Boolean('--submodules', false, { description: 'fetches submodules too' })
  readonly sourceRef = Option.String('--source-ref', {
    description: '<text> for the manifest (that of the source)',
  })
  readonly farmId = Option.String('--farm-id', { description: '<id> for the manifest (that of the server)' })
  readonly timestamp = Option.String('--timestamp', {
    description: '<time> of the build, as 2026-05-01T12:00:00Z (that of the commit)',
  })
  readonly buildEnv = Option.Array('--build-env', [], {
    description: '<name=value> a variable for the build script; may be repeated',
  })
  readonly needs = Option.Array('--needs', [], {
    description: '<job> whose packages must be published first; may be repeated',
  })
  readonly noPublish = Option.Boolean('--no-publish', false, {
    description: 'only keeps the unsigned packages',
  })
  readonly platform = Option.String('--platform', { description: '<platform> only for this one' })
  readonly job = Option.String({ name: 'name' })
  readonly recipe = Option.String()

  override run(): Promise<number> {
    const { version } = requireOptions({ version: this.version })
    const source = this.source === undefined ? {} : { source: this.parseSource('--source', this.source) }
    const recipe: RecipeSpec = {
      ...this.recipeItself(),
      version,
      ...source,
      source_ref: this.sourceRef ?? '',
      farm_id: this.farmId ?? '',
      timestamp: this.timestamp === undefined ? '' : parseTimestamp('--timestamp', this.timestamp),
      environment: parsePairs('--build-env', this.buildEnv),
      needs: this.needs,
      publish: !this.noPublish,
    }
    const platform = this.platform === undefined ? {} : { platform: this.platform }
    return this.submit({ name: this.job, kind: 'recipe', recipe, ...platform })
  }

  private recipeItself(): Pick<RecipeSpec, 'files' | 'repository'> {
    if (!this.recipe.startsWith('git+')) return { files: readRecipeFiles(this.recipe) }
    const { git, ref, directory } = parseGitReference('the recipe', this.recipe)
    return { files: [], repository: { git, ref, directory, commit: '', submodules: false } }
  }

  private parseSource(option: string, text: string): RecipeSource {
    const { git, ref } = parseGitReference(`option ${option}`, text)
    return { git, ref, commit: this.commit ?? '', submodules: this.submodules }
  }
}
