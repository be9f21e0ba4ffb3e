/** `peipkg info`: one package, installed or in a file. */
import { Option } from 'clipanion'
import { PeiError } from '../../native/errors.ts'
import { escapeText } from '../../native/escape.ts'
import type { OfferedInfo } from '../../operations/available.ts'
import { infoOfFile, infoOfInstalled, type PackageInfo } from '../../operations/info.ts'
import { formatSize } from '../render/size.ts'
import { PeipkgCommand } from './peipkg-command.ts'

export class InfoCommand extends PeipkgCommand {
  static override readonly synopsis = '[options] <name | file.peipkg>'
  static override readonly completes = 'installed'
  static override readonly examples = [
    'info nginx',
    'info --available nginx',
    'info ./hello_0.1-1_noarch.peipkg',
  ]
  readonly available = Option.Boolean('--available', false, {
    description: 'what repositories offer of that name, instead of what is installed',
  })
  readonly json = Option.Boolean('--json', false, { description: 'prints one JSON document' })
  readonly subject = Option.String()

  override async run(): Promise<number> {
    if (this.available) return await this.printAvailable()
    const info = await this.info()
    if (this.json) this.printJson(document(info))
    else this.printText(renderInfo(info))
    return 0
  }

  private async printAvailable(): Promise<number> {
    const { querySession } = await import('./query-session.ts')
    const session = querySession(this.openSystem(), this.program, this.json)
    this.warnIfUnsettled(session.system)
    const { offersOf } = await import('../../operations/available.ts')
    const { packages } = await offersOf(this.subject, session, { query: true })
    if (packages.length === 0) {
      throw new PeiError('PEI_NOT_FOUND', `no repository offers "${this.subject}"`)
    }
    if (this.json) {
      this.printJson(
        packages.map((info) => ({
          ...document(info),
          size_compressed: info.sizeCompressed,
          sha256: info.sha256,
        })),
      )
    } else {
      this.printText(packages.map(renderOffer).join('\n'))
    }
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
  return renderFields([
    ['name', info.name],
    ['version', info.version],
    ['architecture', info.architecture],
    ['origin', originText(info)],
    ['installed', info.installedAt ?? '(not from the database)'],
    ['description', info.description],
    ['license', info.license],
    ['homepage', info.homepage],
    ...info.overrides.map((override) => ['security', overrideText(override)] as const),
  ])
}

function originText({ origin, orphaned }: PackageInfo): string {
  if (origin === null) return '(local file)'
  return orphaned === null ? origin : `${origin} (orphaned: ${orphaned})`
}

function renderOffer(info: OfferedInfo): string {
  return renderFields([
    ['name', info.name],
    ['version', info.version],
    ['architecture', info.architecture],
    ['repository', info.origin ?? ''],
    ['download', formatSize(info.sizeCompressed)],
    ['on disk', formatSize(info.sizeInstalled)],
    ['description', info.description],
    ['license', info.license],
    ['homepage', info.homepage],
  ])
}

function renderFields(fields: readonly (readonly [name: string, value: string])[]): string {
  return fields
    .map(([name, value]) => `${`${name}:`.padEnd(14)}${escapeText(value)}`.trimEnd())
    .join('\n')
    .concat('\n')
}

function overrideText({ path, sddl, applied }: PackageInfo['overrides'][number]): string {
  return `/${path}  ${sddl}${applied ? '' : '  (not applied: recorded only)'}`
}

function document(info: PackageInfo) {
  return {
    name: info.name,
    version: info.version,
    architecture: info.architecture,
    origin: info.origin,
    reason: info.reason,
    held: info.held,
    orphaned: info.orphaned !== null,
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
    sd_overrides: info.overrides.map(({ path, sddl, applied }) => ({ path: `/${path}`, sddl, applied })),
  }
}
