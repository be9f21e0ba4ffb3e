/** `peipkg-farm undrop-platform`: takes it back. */
import { Option } from 'clipanion'
import { paths } from '../../farm/api/paths.ts'
import { escapeText } from '../../native/escape.ts'
import { FarmCommand } from './farm-command.ts'

export class UndropPlatformCommand extends FarmCommand {
  static override readonly synopsis = '<platform> [options]'
  static override readonly details = ['What was dropped with it does not come back.']
  static override readonly examples = ['undrop-platform debian-11-x86_64']
  readonly platform = Option.String()

  override async run(): Promise<number> {
    const path = paths.drop(this.platform)
    await this.withFarm((farm) => farm.ask({ method: 'DELETE', path }))
    this.print(`has jobs again: ${escapeText(this.platform)}`)
    return 0
  }
}
