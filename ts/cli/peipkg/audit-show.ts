/** `peipkg audit show`. */
import { Option } from 'clipanion'
import { escapeText } from '../../native/escape.ts'
import { type AuditRecord, auditRecords } from '../../operations/audit.ts'
import { parseWholeNumber } from '../values.ts'
import { PeipkgCommand } from './peipkg-command.ts'

export class AuditShowCommand extends PeipkgCommand {
  static override readonly synopsis = '[options]'
  static override readonly examples = ['audit show', 'audit show -n 0 --json']
  readonly limit = Option.String('--limit', '20', {
    description: '<number> the newest so many; 0 shows all (20)',
  })
  readonly json = Option.Boolean('--json', false, { description: 'prints one JSON document' })

  override async run(): Promise<number> {
    const limit = parseWholeNumber('--limit', this.limit, 0, 2 ** 31 - 1)
    const records = auditRecords(limit, this.openSystem())
    if (this.json) this.printJson(records)
    else if (records.length === 0) this.print('no audit events recorded')
    else for (const record of records) this.print(escapeText(renderRecord(record)))
    return 0
  }
}

/** `2026-05-19T14:02:10Z  install  success  transaction 49  nginx 1.27.5-1, zlib 1.3.2-1  by root`. */
function renderRecord(record: AuditRecord): string {
  const { type, operation, transaction, outcome, reason, repository, timestamp } = record
  const kind = type.replace(/^peipkg\./, '')
  return [
    timestamp,
    kind === operation ? kind : `${kind} (${operation})`,
    outcome,
    ...(transaction === null ? [] : [`transaction ${transaction}`]),
    ...(repository === null ? [] : [repository]),
    ...(record.packages.length === 0 ? [] : [packageList(record.packages)]),
    `by ${operatorOf(record)}`,
    ...(reason === null ? [] : [firstLine(reason)]),
  ].join('  ')
}

/** A derivation goes on for lines; `--json` has them all. */
const firstLine = (reason: string): string => reason.replace(/\n[\s\S]*/, ' …')

/** How many packages a line names. */
const shown = 5

function packageList(packages: AuditRecord['packages']): string {
  const named = packages.slice(0, shown).map(({ name, version, from }) => {
    const versions = [from, version].filter((one) => one !== null).join(' -> ')
    return versions === '' ? name : `${name} ${versions}`
  })
  const rest = packages.length - named.length
  return rest === 0 ? named.join(', ') : `${named.join(', ')} and ${rest} more`
}

function operatorOf({ operator: { uid, login_uid: loginUid, user } }: AuditRecord): string {
  const name = user ?? `uid ${uid}`
  return loginUid === null || loginUid === uid ? name : `${name} (logged in as uid ${loginUid})`
}
