/** `peipkg-farm drop-platform`: a platform that is not built for any more. */
import { Option } from 'clipanion'
import { paths } from '../../farm/api/paths.ts'
import { escapeText } from '../../native/escape.ts'
import { FarmCommand } from './farm-command.ts'

export class DropPlatformCommand extends FarmCommand {
  static override readonly synopsis = '<platform> [options]'
  static override readonly details = [
    'Its queue and its script jobs go, its workers are drained, new jobs for it are refused: until undrop-platform, over restarts of the server too.',
  ]
  static override readonly examples = ['drop-platform debian-11-x86_64']
  readonly platform = Option.String()

  override async run(): Promise<number> {
    const path = paths.drop(this.platform)
    await this.withFarm((farm) => farm.ask({ method: 'POST', path }))
    this.print(`dropped ${escapeText(this.platform)}`)
    return 0
  }
}
