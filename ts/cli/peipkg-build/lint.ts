/** `peipkg-build lint`: everything that can be said of a recipe without building it. */
import { Option } from 'clipanion'
import { lint } from '../../build/lint.ts'
import { escapeText } from '../../native/escape.ts'
import { ProgramCommand } from '../command.ts'
import { jsonText } from '../render/json.ts'

export class LintCommand extends ProgramCommand {
  static override readonly synopsis = '<recipe> [--json]'
  static override readonly details = [
    'Errors are what "build" refuses before it runs the script. Warnings alone end with 0. The script is read by "sh -n", which runs nothing.',
  ]
  static override readonly examples = ['lint recipes/hello']
  readonly json = Option.Boolean('--json', false, { description: 'one JSON document' })
  readonly recipe = Option.String()

  override async run(): Promise<number> {
    const { errors, warnings } = await lint(this.recipe)
    if (this.json) this.print(jsonText({ errors, warnings }, 2))
    else {
      for (const text of errors) this.print(`error: ${escapeText(text)}`)
      for (const text of warnings) this.print(`warning: ${escapeText(text)}`)
      this.print(`${counted(errors.length, 'error')}, ${counted(warnings.length, 'warning')}`)
    }
    return errors.length === 0 ? 0 : 1
  }
}

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`
