/** `peipkg complete`: what may stand at the end of a command line. For the scripts of `peipkg completion`. */
import { resolve } from 'node:path'
import { Option } from 'clipanion'
import { System } from '../../native/system.ts'
import { type CompletedNames, ProgramCommand } from '../command.ts'
import { complete } from '../complete.ts'

export class CompleteCommand extends ProgramCommand {
  static override readonly synopsis = '-- <word>…'
  static override readonly examples = ['complete -- remove ngi']
  readonly words = Option.Rest()

  override async run(): Promise<number> {
    const { definition } = this.program
    const names = (kind: CompletedNames, root = '/') => this.names(kind, new System(resolve(root)))
    const found = await complete({ program: definition, words: this.words, names })
    for (const word of found) this.print(word)
    return 0
  }

  private async names(kind: CompletedNames, system: System): Promise<readonly string[]> {
    if (kind === 'installed') return system.listPackages().map(({ name }) => name)
    if (kind === 'repositories') {
      return system
        .readConfiguration()
        .flatMap(({ name }) => (name.endsWith('.repo') ? [name.slice(0, -5)] : []))
    }
    const { availableNames } = await import('../../operations/available-names.ts')
    return await availableNames(system)
  }
}
