/** `peipkg history`: what was changed, and when. */
import { Option } from 'clipanion'
import { escapeText } from '../../native/escape.ts'
import type { TransactionRecord } from '../../native/system.ts'
import { history, transactionOf } from '../../operations/history.ts'
import { renderRows } from '../render/columns.ts'
import { summarise } from '../render/summary.ts'
import { parseWholeNumber } from '../values.ts'
import { PeipkgCommand } from './peipkg-command.ts'
import { parseTransaction } from './transaction-number.ts'

export class HistoryCommand extends PeipkgCommand {
  static override readonly synopsis = '[options] [transaction]'
  static override readonly examples = ['history', 'history -n 0 --package nginx', 'history 47']
  readonly limit = Option.String('--limit', '20', {
    description: '<number> the newest so many; 0 is all (20)',
  })
  readonly package = Option.String('--package', { description: '<name> only those that touched it' })
  readonly json = Option.Boolean('--json', false, { description: 'prints one JSON document' })
  readonly transaction = Option.String({ required: false })

  override async run(): Promise<number> {
    const system = this.openSystem()
    this.warnIfUnsettled(system)
    if (this.transaction !== undefined) {
      const record = transactionOf(parseTransaction(this.transaction), system)
      if (this.json) this.printJson(document(record))
      else this.printText(renderDetail(record))
      return 0
    }
    const limit = parseWholeNumber(this.program.typed('limit'), this.limit, 0, 2 ** 31 - 1)
    const records = history({ limit, package: this.package ?? null }, system)
    if (this.json) this.printJson(records.map(document))
    else if (records.length === 0) this.print('no transactions recorded')
    else this.printText(renderRows(records.map(row), this.program.io.stdout))
    return 0
  }
}

/** `49  2026-05-19T14:02:10Z  committed  upgrade nginx, zlib`. */
function row(record: TransactionRecord): readonly string[] {
  const { id, startedAt, state } = record
  return [String(id), startedAt, state, summarise(record)]
}

function renderDetail(record: TransactionRecord): string {
  const fields = [
    ['transaction', String(record.id)],
    ['state', record.state],
    ['started', record.startedAt],
    ['finished', record.finishedAt ?? '-'],
    ['command', record.command],
    ['undo offline', record.undoable ? 'yes' : 'no'],
    ...(record.reverses.length > 0 ? [['undoes', record.reverses.join(', ')] as const] : []),
  ] as const
  const lines = fields.map(([name, value]) => `${`${name}:`.padEnd(14)}${escapeText(value)}`)
  const operations = record.operations.map(({ kind, name, from, to }) => {
    const known = [from, to].filter((version) => version !== undefined && version !== null)
    const versions = [...new Set(known)].join(' -> ')
    return `  ${kind.padEnd(9)}  ${escapeText(`${name} ${versions}`)}`
  })
  return `${[...lines, ...operations].join('\n')}\n`
}

function document(record: TransactionRecord): unknown {
  const { id, state, startedAt, finishedAt, command, undoable, reverses, operations } = record
  return {
    ...{ id, state, started_at: startedAt, finished_at: finishedAt },
    ...{ summary: summarise(record), command, undoable, reverses },
    operations: operations.map(({ kind, name, from, to, origin }) => ({
      ...{ kind, name, from: from ?? null, to: to ?? null, origin: origin ?? null },
    })),
  }
}
