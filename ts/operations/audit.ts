/** The audit trail (PSD-009 §7.6.3): what the core does not see happen is told here; commits tell of themselves. */
import { asPeiError, reasonOf } from '../native/errors.ts'
import type { AuditEvent, AuditVerification, System } from '../native/system.ts'
import type { Target } from './make-plan.ts'
import type { Session } from './session.ts'
import type { PlanLine, ShownPlan } from './shown-plan.ts'

/** One event, as it stands in the file and in the database. */
export interface AuditRecord {
  readonly id: string
  readonly type: string
  readonly operation: string
  readonly transaction: number | null
  readonly outcome: 'success' | 'rejection' | 'rollback'
  readonly reason: string | null
  readonly packages: readonly {
    readonly name: string
    readonly version: string | null
    readonly from: string | null
  }[]
  readonly repository: string | null
  readonly operator: {
    readonly uid: number
    readonly login_uid: number | null
    readonly user: string | null
  }
  readonly timestamp: string
}

/** The newest `limit` events (0: all), oldest first. */
export function auditRecords(limit: number, system: System): readonly AuditRecord[] {
  return system.auditEvents(limit).map((text) => JSON.parse(text) as AuditRecord)
}

export function verifyAudit(system: System): AuditVerification {
  return system.verifyAudit()
}

/** Tells of a failure, best effort: the operator hears the reason itself anyway. */
export function tellFailure(
  event: Pick<AuditEvent, 'kind' | 'operation'> & Partial<Pick<AuditEvent, 'packages' | 'repository'>>,
  error: unknown,
  { system, reporter, now }: Session,
): void {
  // What a person cancelled was not refused; whoever holds the lock is at work.
  const known = asPeiError(error)
  if (known === undefined || silent.includes(known.code)) return
  const told: AuditEvent = { packages: [], ...event, outcome: 'rejection', reason: known.message }
  warnOf(() => system.recordAudit(told, false, now()), reporter)
}

const silent: readonly string[] = [
  'PEI_CANCELLED',
  'PEI_LOCKED',
  'PEI_NOT_FOUND',
  'PEI_RESOLVE_NOT_FOUND',
  'PEI_RESOLVE_NOT_INSTALLED',
  'PEI_STATE_CHANGED',
  'PEI_USAGE',
]

type ToldEvent = Pick<AuditEvent, 'kind' | 'operation' | 'packages'>

/** A change that was refused, with its plan where there was one. */
export function failedChange(targets: readonly Target[], plan: ShownPlan | undefined): ToldEvent {
  const operations = new Set(
    plan === undefined ? targets.map(({ kind }) => targetOperations[kind]) : plan.lines.map(operationOf),
  )
  const [operation = 'change'] = operations
  const packages =
    plan === undefined
      ? targets.flatMap((target) => ('name' in target ? [{ name: target.name }] : []))
      : plan.lines.map(({ name, from, to, architecture, repository }) => ({
          ...{ name, architecture },
          ...(to === null ? {} : { version: to }),
          ...(from === null ? {} : { from }),
          ...(repository === null ? {} : { repository }),
        }))
  return { kind: 'transaction-failed', operation: operations.size === 1 ? operation : 'change', packages }
}

const targetOperations: Readonly<Record<Target['kind'], string>> = {
  install: 'install',
  'install-file': 'install',
  upgrade: 'upgrade',
  'upgrade-all': 'upgrade',
  downgrade: 'upgrade',
  reinstall: 'upgrade',
  restore: 'change',
  remove: 'uninstall',
  autoremove: 'uninstall',
  'only-explicit': 'uninstall',
  hold: 'hold',
  unhold: 'unhold',
  mark: 'mark',
}

function operationOf({ action }: PlanLine): string {
  if (action === 'remove') return 'uninstall'
  return action === 'install' ? 'install' : 'upgrade'
}

/** Sends what the core stored; what cannot be sent now waits for the next run. */
export function flushAudit({ system, reporter }: Session): void {
  warnOf(() => system.flushAudit(), reporter)
}

function warnOf(send: () => readonly string[], reporter: Session['reporter']): void {
  try {
    for (const text of send()) reporter.warn(text)
  } catch (error) {
    reporter.warn(`audit events could not be sent: ${reasonOf(error)} (the next run does)`)
  }
}
