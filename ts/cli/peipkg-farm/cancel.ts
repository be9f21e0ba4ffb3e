/** `peipkg-farm cancel`: an execution that is not wanted any more. */
import { Option } from 'clipanion'
import { paths } from '../../farm/api/paths.ts'
import { escapeText } from '../../native/escape.ts'
import { FarmCommand } from './farm-command.ts'

export class CancelCommand extends FarmCommand {
  static override readonly synopsis = '<uuid> [options]'
  static override readonly details = [
    'A running job is ended within five seconds, with all its processes; its log so far stays.',
  ]
  static override readonly examples = ['cancel 4b6d1a5e-8c2f-4b7e-9f5d-2a1c3e4f5a6b']
  readonly uuid = Option.String()

  override async run(): Promise<number> {
    const path = paths.cancel(this.uuid)
    await this.withFarm((farm) => farm.ask({ method: 'POST', path }))
    this.print(`cancelled ${escapeText(this.uuid)}`)
    return 0
  }
}
