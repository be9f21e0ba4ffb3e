/** `peipkg-build diff`: why two packages differ. */
import { Option } from 'clipanion'
import { compare } from '../../build/compare.ts'
import { ProgramCommand } from '../command.ts'
import { jsonText } from '../render/json.ts'
import { watched } from '../watched.ts'
import { differenceDocument, differenceText } from './difference.ts'

export class DiffCommand extends ProgramCommand {
  static override readonly synopsis = '<package> <package> [--json]'
  static override readonly document = 'build-diff'
  static override readonly details = [
    'Both packages are verified first (everything but trust). Modes, owners and times cannot differ by themselves: the format leaves no choice. Ends with 1 when the packages differ.',
  ]
  static override readonly examples = ['diff hello_0.1-1_noarch.peipkg rebuilt/hello_0.1-1_noarch.peipkg']
  readonly json = Option.Boolean('--json', false, { description: 'one JSON document' })
  readonly left = Option.String()
  readonly right = Option.String()

  override async run(): Promise<number> {
    const difference = await watched(this.program, ({ progress, signal }) =>
      compare(this.left, this.right, progress, signal),
    )
    if (this.json) this.print(jsonText(differenceDocument(difference, this.left, this.right), 2))
    else this.printText(difference.identical ? 'identical\n' : differenceText(difference))
    return difference.identical ? 0 : 1
  }
}
