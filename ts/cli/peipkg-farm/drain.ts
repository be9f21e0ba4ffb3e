/** `peipkg-farm drain`: before a worker is stopped. */
import { Option } from 'clipanion'
import { paths } from '../../farm/api/paths.ts'
import { escapeText } from '../../native/escape.ts'
import { FarmCommand } from './farm-command.ts'

export class DrainCommand extends FarmCommand {
  static override readonly synopsis = '<worker> [options]'
  static override readonly details = [
    'It finishes what it runs, takes nothing more, and can be stopped then.',
  ]
  static override readonly examples = ['drain builder-2']
  readonly worker = Option.String()

  override async run(): Promise<number> {
    const path = paths.drain(this.worker)
    await this.withFarm((farm) => farm.ask({ method: 'POST', path }))
    this.print(`drains ${escapeText(this.worker)}`)
    return 0
  }
}
