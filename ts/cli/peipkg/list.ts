/** `peipkg list`: what is installed, or what could be. */
import { Option } from 'clipanion'
import { escapeText } from '../../native/escape.ts'
import { type ListedPackage, listInstalled } from '../../operations/list.ts'
import type { Session } from '../../operations/session.ts'
import { renderRows } from '../render/columns.ts'
import { UsageError } from '../usage-error.ts'
import { PeipkgCommand } from './peipkg-command.ts'

export class ListCommand extends PeipkgCommand {
  static override readonly synopsis = '[options]'
  static override readonly examples = [
    'list',
    'list --explicit',
    'list --upgradable',
    'list --available --json',
  ]
  readonly explicit = Option.Boolean('--explicit', false, { description: 'only what was asked for' })
  readonly orphaned = Option.Boolean('--orphaned', false, {
    description: 'only what came from a repository that is not configured any more',
  })
  readonly upgradable = Option.Boolean('--upgradable', false, {
    description: 'only what an upgrade would move, with what it would move to',
  })
  readonly available = Option.Boolean('--available', false, { description: 'what repositories offer' })
  readonly json = Option.Boolean('--json', false, { description: 'prints one JSON document' })

  override async run(): Promise<number> {
    if (this.available) return await this.listAvailable()
    const system = this.openSystem()
    this.warnIfUnsettled(system)
    const packages = listInstalled(system, Math.floor(Date.now() / 1000)).filter(
      ({ reason, orphaned }) => (!this.explicit || reason === 'explicit') && (!this.orphaned || orphaned),
    )
    if (this.upgradable) return await this.listUpgradable(packages)
    const rows = packages.map(({ name, version, architecture, orphaned, held }) => {
      const marks = [...(orphaned ? ['(orphaned)'] : []), ...(held ? ['(held)'] : [])]
      return [name, version, architecture, ...(marks.length > 0 ? [marks.join('  ')] : [])]
    })
    const filtered = this.explicit || this.orphaned
    return this.show(
      packages,
      rows,
      filtered ? 'no such packages are installed' : 'no packages are installed',
    )
  }

  private async listUpgradable(packages: readonly ListedPackage[]): Promise<number> {
    const { upgradesOf } = await import('../../operations/list-upgradable.ts')
    const upgrades = await upgradesOf(await this.session())
    const listed = packages.flatMap((one) => {
      const upgrade = upgrades.get(one.name)
      return upgrade === undefined ? [] : [{ ...one, upgrade }]
    })
    const rows = listed.map(({ name, version, architecture, held, upgrade }) => {
      const to = `${upgrade.version}  [${escapeText(upgrade.repository)}]${held ? '  (held)' : ''}`
      return [name, version, architecture, `-> ${to}`]
    })
    return this.show(listed, rows, 'nothing newer is offered')
  }

  private async listAvailable(): Promise<number> {
    if (this.explicit || this.orphaned || this.upgradable) {
      throw new UsageError('malformed', '--available lists what repositories offer: it stands alone')
    }
    const session = await this.session()
    this.warnIfUnsettled(session.system)
    const { search } = await import('../../operations/search.ts')
    const found = await search('', session)
    const rows = found.map(({ name, version, architecture, repository, installed }) => [
      ...[
        name,
        version,
        architecture,
        `[${escapeText(repository)}]${installed === version ? '  installed' : ''}`,
      ],
    ])
    return this.show(found, rows, 'no packages are offered')
  }

  private async session(): Promise<Session> {
    const { querySession } = await import('./query-session.ts')
    return querySession(this.openSystem(), this.program, this.json)
  }

  private show(documents: readonly unknown[], rows: readonly (readonly string[])[], none: string): number {
    if (this.json) this.printJson(documents)
    else if (rows.length === 0) this.print(none)
    else this.printText(renderRows(rows, this.program.io.stdout))
    return 0
  }
}
