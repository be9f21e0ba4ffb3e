/** `peipkg config pending`: configuration files that wait to be merged. */
import { Option } from 'clipanion'
import { escapeText } from '../../native/escape.ts'
import { pendingConfiguration } from '../../operations/config-pending.ts'
import { renderRows } from '../render/columns.ts'
import { PeipkgCommand } from './peipkg-command.ts'

const meanings = { new: 'new default', save: 'kept from before' } as const

export class ConfigPendingCommand extends PeipkgCommand {
  static override readonly synopsis = '[options]'
  static override readonly details = [
    '.peipkg-new is a new default beside a file that was modified; .peipkg-save is a modified file whose package no longer ships it. Merge what you want to keep, then delete them.',
  ]
  static override readonly examples = ['config pending']
  readonly json = Option.Boolean('--json', false, { description: 'prints one JSON document' })

  override async run(): Promise<number> {
    const system = this.openSystem()
    this.warnIfUnsettled(system)
    const { pending, unreadable } = pendingConfiguration(system)
    for (const reason of unreadable) this.warn(reason)
    if (this.json) {
      this.printJson(
        pending.map(({ path, of, kind, package: name }) => ({
          ...{ path: `/${path}`, of: `/${of}`, kind, package: name ?? null },
        })),
      )
    } else if (pending.length === 0) {
      this.print('no configuration file waits to be merged')
    } else {
      const rows = pending.map(({ path, kind, package: name }) => [
        ...[escapeText(`/${path}`), meanings[kind], escapeText(name ?? '(no package)')],
      ])
      this.printText(renderRows(rows, this.program.io.stdout))
    }
    return 0
  }
}
