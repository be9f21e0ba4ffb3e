/** Undo, redo and rollback: the inverse of committed transactions as a new transaction (PSD-009 §7.5). */
import { PeiError } from '../native/errors.ts'
import type { ReturningPackage, System, TransactionRecord } from '../native/system.ts'
import { archivesUnless } from './archives.ts'
import { type ChangeOptions, type ChangeReport, change, openChange } from './change.ts'
import { transactionOf } from './history.ts'
import { offeredExactly, type Target } from './make-plan.ts'
import type { Session } from './session.ts'

export interface Reversal {
  /** Those whose inverse is made, newest first. */
  readonly reversed: readonly TransactionRecord[]
  /** The one that people mean: with `redo` the one that had been undone, with `rollback` the one to return to. */
  readonly subject: TransactionRecord
}

/** The newest committed transaction, or that one. Throws PEI_NOT_FOUND, PEI_NOT_UNDOABLE. */
export function undoing(id: number | null, system: System): Reversal {
  const record = id === null ? system.history(0).find(isCommitted) : transactionOf(id, system)
  if (record === undefined) {
    throw new PeiError('PEI_NOT_UNDOABLE', 'there is no committed transaction to undo')
  }
  if (!isCommitted(record)) {
    throw new PeiError('PEI_NOT_UNDOABLE', `transaction ${record.id} is ${record.state}: it changed nothing`)
  }
  return { reversed: [record], subject: record }
}

/** The inverse of the undo that is newest, or that undid that transaction, and was not itself undone since. */
export function redoing(id: number | null, system: System): Reversal {
  const records = system.history(0)
  if (id !== null) transactionOf(id, system)
  const committed = records.filter(isCommitted)
  const spent = new Set(committed.flatMap(({ reverses }) => reverses))
  const undo = committed.find(
    (record) =>
      isUndo(record, records) && !spent.has(record.id) && (id === null || record.reverses.includes(id)),
  )
  if (undo === undefined) {
    const what = id === null ? 'there is no undone transaction to redo' : `transaction ${id} is not undone`
    throw new PeiError('PEI_NOT_UNDOABLE', what)
  }
  if (id !== null && undo.reverses.length > 1) {
    throw new PeiError(
      'PEI_NOT_UNDOABLE',
      `transaction ${id} was undone together with others (run: peipkg undo ${undo.id})`,
    )
  }
  const subject = records.find((record) => record.id === undo.reverses[0])
  return { reversed: [undo], subject: undo.reverses.length > 1 || subject === undefined ? undo : subject }
}

/** Reverses something that was no undo itself: the inverse of one undo is a redo. */
function isUndo({ reverses }: TransactionRecord, records: readonly TransactionRecord[]): boolean {
  if (reverses.length !== 1) return reverses.length > 1
  const reversed = records.find(({ id }) => id === reverses[0])
  return reversed === undefined || !isUndo(reversed, records)
}

/** Everything after that transaction. */
export function rollingBack(id: number, system: System): Reversal {
  const subject = transactionOf(id, system)
  return { subject, reversed: system.history(0).filter((record) => record.id > id && isCommitted(record)) }
}

export async function reverse(
  { reversed }: Reversal,
  options: ChangeOptions,
  session: Session,
): Promise<ChangeReport> {
  const reverses = reversed.map(({ id }) => id)
  const context = await openChange(options, session)
  const retarget = async () => targetsOf(await session.system.reversal(reverses), reversed, session.system)
  const targets = await retarget()
  const fetched = targets.filter((target) => target.kind === 'restore').filter(({ offline }) => !offline)
  const archives =
    fetched.length === 0
      ? []
      : await archivesUnless(
          (view) =>
            fetched.every(
              ({ name, version, architecture }) =>
                offeredExactly(view, name, version, architecture).length > 0,
            ),
          fetched.map(({ name }) => name),
          context,
          session,
        )
  return await change(targets, { ...context, archives, reverses, retarget }, session)
}

function targetsOf(
  returning: readonly ReturningPackage[],
  reversed: readonly TransactionRecord[],
  system: System,
): readonly Target[] {
  return returning.flatMap(
    ({ name, left, current, changed, target, reason = 'explicit', held, missing }): readonly Target[] => {
      if (left !== current) throw changedSince(name, left, current, reversed, system)
      if (!changed) return marksOf(name, reason, held, system)
      if (target === undefined) return current === null ? [] : [{ kind: 'remove', name }]
      const { transaction, version, architecture } = target
      const offline = missing.length === 0
      return [{ kind: 'restore', name, version, architecture, reason, transaction, offline }]
    },
  )
}

/** Of a package that was only marked: the marks of then. */
function marksOf(
  name: string,
  reason: 'explicit' | 'dependency',
  held: boolean | undefined,
  system: System,
): readonly Target[] {
  const now = system.findPackage(name)
  if (now === null || held === undefined) return []
  const hold: Target = { kind: held ? 'hold' : 'unhold', name }
  const mark: Target = { kind: 'mark', name, reason }
  return [...(now.held === held ? [] : [hold]), ...(now.reason === reason ? [] : [mark])]
}

/** An older transaction whose packages a newer one moved on. */
function changedSince(
  name: string,
  left: string | null,
  current: string | null,
  reversed: readonly TransactionRecord[],
  system: System,
): PeiError {
  const oldest = reversed.at(-1)?.id ?? 0
  const before = system.history(0).find((record) => record.id < oldest && isCommitted(record))
  const rollback = before === undefined ? '' : `, or: peipkg rollback ${before.id}`
  const state = (version: string | null) =>
    version === null ? `${name} not installed` : `${name} ${version}`
  return new PeiError(
    'PEI_NOT_UNDOABLE',
    `transaction ${oldest} left ${state(left)}, and now there is ${state(current)} (undo the later transactions first${rollback})`,
  )
}

const isCommitted = ({ state }: TransactionRecord): boolean => state === 'committed'
