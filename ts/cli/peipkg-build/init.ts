/** `peipkg-build init`: a recipe to start from. */
import { Option } from 'clipanion'
import { init } from '../../build/init.ts'
import { ProgramCommand } from '../command.ts'

export class InitCommand extends ProgramCommand {
  static override readonly synopsis = '<name> [--out <dir>]'
  static override readonly details = [
    'The recipe builds at once, from any source tree; "lint" has nothing against it.',
  ]
  static override readonly examples = ['init hello']
  readonly out = Option.String('--out', {
    description: '<dir> the recipe directory, empty or absent; default: the name',
  })
  readonly name = Option.String()

  override async run(): Promise<number> {
    for (const path of init(this.name, this.out ?? this.name)) this.print(path)
    return 0
  }
}
