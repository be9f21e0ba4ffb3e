/** `peipkg-farm export`: an execution as one file. */
import { Option } from 'clipanion'
import { exportRecord } from '../../farm/client/export-record.ts'
import { escapeText } from '../../native/escape.ts'
import { FarmCommand } from './farm-command.ts'

export class ExportCommand extends FarmCommand {
  static override readonly synopsis = '<uuid> <file> [options]'
  static override readonly details = [
    'The record holds what was to run, how it ended, the log and the artifacts, with their SHA-256. inspect reads it without a server.',
  ]
  static override readonly examples = ['export 4b6d1a5e-8c2f-4b7e-9f5d-2a1c3e4f5a6b nightly.record']
  readonly uuid = Option.String()
  readonly target = Option.String({ name: 'file' })

  override async run(): Promise<number> {
    await this.withFarm((farm) => exportRecord(farm, this.uuid, this.target))
    this.print(escapeText(this.target))
    return 0
  }
}
