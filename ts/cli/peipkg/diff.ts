/** `peipkg diff`: what an upgrade, or the change from one package to another, would change. */
import { Option } from 'clipanion'
import { escapeText } from '../../native/escape.ts'
import {
  type Difference,
  differenceOf,
  type FileChange,
  fileSide,
  installedSide,
  type RelationChange,
  type Side,
  upgradeSide,
} from '../../operations/diff.ts'
import type { PackageInfo } from '../../operations/info.ts'
import { formatSize, signedSize } from '../render/size.ts'
import { UsageError } from '../usage-error.ts'
import { SessionCommand } from './session-command.ts'

export class DiffCommand extends SessionCommand {
  static override readonly synopsis = '[options] <name | file.peipkg> [file.peipkg]'
  static override readonly details = [
    'One name: from what is installed to what an upgrade would install. One file: from what is installed to that file. Two: from the one to the other.',
  ]
  static override readonly completes = 'installed'
  static override readonly examples = [
    'diff nginx',
    'diff nginx ./nginx_1.28-1_x86_64.peipkg',
    'diff old.peipkg new.peipkg',
  ]
  readonly json = Option.Boolean('--json', false, { description: 'prints one JSON document' })
  readonly subject = Option.String()
  readonly file = Option.String({ required: false })

  override async run(): Promise<number> {
    const [from, to] = await this.sides()
    const difference = differenceOf(from, to)
    if (this.json) this.printJson(document(difference))
    else for (const line of linesOf(difference)) this.print(line)
    return 0
  }

  /** One name: installed to newest. One file: installed to the file. Two: the one to the other. */
  private async sides(): Promise<readonly [from: Side | null, to: Side]> {
    const { subject, file } = this
    if (file !== undefined && !isFile(file)) {
      throw new UsageError('malformed', `"${file}" is not a .peipkg file`)
    }
    if (file !== undefined) {
      const from = isFile(subject) ? await fileSide(subject) : installedSide(subject, this.openSystem())
      return [from, await fileSide(file)]
    }
    if (!isFile(subject)) {
      const session = this.openSession({ yes: false, json: this.json })
      return [installedSide(subject, session.system), await upgradeSide(subject, session)]
    }
    const to = await fileSide(subject)
    const system = this.openSystem()
    const isInstalled = system.findPackage(to.info.name) !== null
    return [isInstalled ? installedSide(to.info.name, system) : null, to]
  }
}

const isFile = (argument: string): boolean => argument.endsWith('.peipkg')

const signs = { added: '+', removed: '-', changed: '~' } as const

const fieldNames = {
  dependencies: 'needs',
  optionalDependencies: 'suggests',
  conflicts: 'conflicts with',
  provides: 'provides',
  replaces: 'replaces',
} as const

function linesOf({ from, to, relations, files }: Difference): readonly string[] {
  const growth = to.sizeInstalled - (from?.sizeInstalled ?? 0)
  return [
    `${escapeText(to.name)} ${titleOf(from, to)}`,
    `installed size ${formatSize(to.sizeInstalled)} (${signedSize(growth)})`,
    ...relations.map(relationLine),
    ...(files === null ? [unfetched(from, to)] : files.map(fileLine)),
    ...(relations.length === 0 && files?.length === 0 ? ['nothing else changes'] : []),
  ]
}

function unfetched(from: PackageInfo | null, { name }: PackageInfo): string {
  const command = `peipkg ${from === null ? 'install' : 'upgrade'} --download-only ${escapeText(name)}`
  return `its files are not known yet: the package was not fetched (${command} does that)`
}

function titleOf(from: PackageInfo | null, to: PackageInfo): string {
  return escapeText(from === null ? `${to.version}  (not installed)` : `${from.version} -> ${to.version}`)
}

function relationLine({ change, field, relation }: RelationChange): string {
  const rest = relation.constraint ?? (relation.version === undefined ? '' : `= ${relation.version}`)
  return `${signs[change]} ${fieldNames[field]} ${escapeText(`${relation.name} ${rest}`.trimEnd())}`
}

function fileLine({ change, path, kind, sizeFrom, sizeTo }: FileChange): string {
  const slash = kind === 'directory' ? '/' : ''
  const growth = kind === 'file' ? `  (${signedSize((sizeTo ?? 0) - (sizeFrom ?? 0))})` : ''
  return `${signs[change]} /${escapeText(path)}${slash}${growth}`
}

function document({ from, to, relations, files }: Difference): unknown {
  const side = ({ name, version, architecture, origin, sizeInstalled }: PackageInfo) => ({
    ...{ name, version, architecture, origin, size_installed: sizeInstalled },
  })
  return {
    from: from === null ? null : side(from),
    to: side(to),
    relations: relations.map(({ change, field, relation }) => ({
      change,
      field: field === 'optionalDependencies' ? 'optional_dependencies' : field,
      relation,
    })),
    files:
      files?.map(({ change, path, kind, sizeFrom, sizeTo }) => ({
        ...{ change, path: `/${path}`, kind, size_from: sizeFrom, size_to: sizeTo },
      })) ?? null,
  }
}
