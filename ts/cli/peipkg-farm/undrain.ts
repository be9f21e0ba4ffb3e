/** `peipkg-farm undrain`: takes it back. */
import { Option } from 'clipanion'
import { paths } from '../../farm/api/paths.ts'
import { escapeText } from '../../native/escape.ts'
import { FarmCommand } from './farm-command.ts'

export class UndrainCommand extends FarmCommand {
  static override readonly synopsis = '<worker> [options]'
  static override readonly details = ['It takes jobs again.']
  static override readonly examples = ['undrain builder-2']
  readonly worker = Option.String()

  override async run(): Promise<number> {
    const path = paths.undrain(this.worker)
    await this.withFarm((farm) => farm.ask({ method: 'POST', path }))
    this.print(`takes jobs again: ${escapeText(this.worker)}`)
    return 0
  }
}
