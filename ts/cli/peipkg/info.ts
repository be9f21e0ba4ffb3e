/** `peipkg info`: one package, installed or in a file. */
import { Option } from 'clipanion'
import { escapeText } from '../../native/escape.ts'
import { infoOfFile, infoOfInstalled, type PackageInfo } from '../../operations/info.ts'
import { PeipkgCommand } from './peipkg-command.ts'

export class InfoCommand extends PeipkgCommand {
  static override readonly synopsis = '[options] <name | file.peipkg>'
  static override readonly examples = ['info nginx', 'info ./hello_0.1-1_noarch.peipkg']
  readonly json = Option.Boolean('--json', false, { description: 'prints one JSON document' })
  readonly subject = Option.String()

  override async run(): Promise<number> {
    const info = await this.info()
    if (this.json) this.printJson(document(info))
    else this.printText(renderInfo(info))
    return 0
  }

  private async info(): Promise<PackageInfo> {
    if (this.subject.endsWith('.peipkg')) return await infoOfFile(this.subject)
    const system = this.openSystem()
    this.warnIfUnsettled(system)
    return infoOfInstalled(this.subject, system)
  }
}

function renderInfo(info: PackageInfo): string {
  const fields = [
    ['name', info.name],
    ['version', info.version],
    ['architecture', info.architecture],
    ['origin', info.origin ?? '(local file)'],
    ['installed', info.installedAt ?? '(not from the database)'],
    ['description', info.description],
    ['license', info.license],
    ['homepage', info.homepage],
  ] as const
  return fields
    .map(([name, value]) => `${`${name}:`.padEnd(14)}${escapeText(value)}`.trimEnd())
    .join('\n')
    .concat('\n')
}

function document(info: PackageInfo): unknown {
  return {
    name: info.name,
    version: info.version,
    architecture: info.architecture,
    origin: info.origin,
    reason: info.reason,
    held: info.held,
    installed_at: info.installedAt,
    description: info.description,
    license: info.license,
    homepage: info.homepage,
    size_installed: info.sizeInstalled,
    dependencies: info.dependencies,
    optional_dependencies: info.optionalDependencies,
    conflicts: info.conflicts,
    provides: info.provides,
    replaces: info.replaces,
  }
}
