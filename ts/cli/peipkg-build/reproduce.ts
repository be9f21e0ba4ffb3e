/** `peipkg-build reproduce`: builds a package again and says whether the same bytes came out. */
import { Option } from 'clipanion'
import { reproduce } from '../../build/reproduce.ts'
import { jsonText } from '../render/json.ts'
import { checkSigningKey } from '../signing-key.ts'
import { requireOptions } from '../values.ts'
import { watched } from '../watched.ts'
import { BuildingCommand } from './building-command.ts'
import { differenceDocument, differenceText } from './difference.ts'

export class ReproduceCommand extends BuildingCommand {
  static override readonly synopsis = '<package> --recipe <dir> --source <dir> [options]'
  static override readonly details = [
    'Version, time, farm and source reference are those of the package itself; so is its signature, which fits the same bytes only. Ends with 1 and says where the first difference is when another file comes out.',
  ]
  static override readonly examples = [
    'reproduce hello_0.1-1_noarch.peipkg --recipe recipes/hello --source hello-0.1',
  ]
  readonly ignoreCompression = Option.Boolean('--ignore-compression', false, {
    description: 'is content with the same tar stream, which is what is signed, however it is compressed',
  })
  readonly json = Option.Boolean('--json', false, { description: 'one JSON document' })
  readonly file = Option.String()

  override async run(): Promise<number> {
    const given = requireOptions({ recipe: this.recipe, source: this.source })
    // The script's output would be in the way of the document.
    const request = { ...this.recipeRun(given), file: this.file, quiet: this.json }
    const { sha256, difference } = await watched(this.program, async (watch) => {
      for (const key of Object.values(request.binaryKeys)) checkSigningKey(key, watch.warn)
      const reporter = { ...watch, kept: (root: string) => watch.note(`kept ${root}`) }
      return await reproduce(request, reporter, watch.signal)
    })
    const isSame = difference === undefined || (this.ignoreCompression && difference.tar === undefined)
    if (this.json) {
      const document = difference && differenceDocument(difference, this.file, 'rebuilt')
      this.print(jsonText({ reproduced: isSame, sha256, difference: document ?? null }, 2))
    } else if (difference === undefined) {
      this.print(`reproduced: ${this.file} is the same file, byte for byte (sha256 ${sha256})`)
    } else {
      this.print(isSame ? `reproduced: ${this.file} has the same tar stream` : `not reproduced: ${this.file}`)
      this.printText(differenceText(difference))
    }
    return isSame ? 0 : 1
  }
}
