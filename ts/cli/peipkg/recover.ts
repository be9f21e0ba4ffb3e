/** `peipkg recover`: brings an interrupted transaction to rest. */
import { Option } from 'clipanion'
import { escapeText } from '../../native/escape.ts'
import { type RecoverReport, recover } from '../../operations/recover.ts'
import type { Session } from '../../operations/session.ts'
import { UsageError } from '../usage-error.ts'
import { parseWait, SessionCommand } from './session-command.ts'

const texts = {
  nothing: 'no interrupted transaction to recover',
  'rolled-back': 'recovered: the interrupted transaction was rolled back',
  finished: 'recovered: the committed transaction was tidied up',
  accepted: 'recovered: the files were accepted as they are (see: peipkg verify)',
} as const

export class RecoverCommand extends SessionCommand {
  static override readonly synopsis = '[options]'
  static override readonly examples = ['recover', 'recover --report', 'recover --rollback']
  readonly report = Option.Boolean('--report', false, {
    description: 'tells what is pending and what lies where, and keeps that below var/lib/peipkg/reports',
  })
  readonly rollback = Option.Boolean('--rollback', false, {
    description: 'puts back what can be put back, after a question',
  })
  readonly accept = Option.Boolean('--accept', false, {
    description: 'keeps the files as they are, after a question',
  })
  readonly wait = Option.String('--wait', {
    tolerateBoolean: true,
    description: '[=<seconds>] waits while another transaction is in progress',
  })
  readonly json = Option.Boolean('--json', false, { description: 'prints one JSON document' })

  override async run(): Promise<number> {
    const { report, rollback, accept } = this
    if ([report, rollback, accept].filter(Boolean).length > 1) {
      throw new UsageError('malformed', '--report, --rollback and --accept exclude each other')
    }
    const waitSeconds = parseWait(this.wait)
    const session = this.openSession({ yes: false, json: this.json })
    if (report) return await this.runReport(waitSeconds, session)
    if (!rollback && !accept) return this.tell(await recover(waitSeconds, session))
    const { resolveRecovery } = await import('../../operations/resolve-recovery.ts')
    const result = await resolveRecovery(rollback ? 'rollback' : 'accept', waitSeconds, session)
    return typeof result === 'string' ? this.notAuthorised(result, this.json) : this.tell(result)
  }

  private async runReport(waitSeconds: number | null, session: Session): Promise<number> {
    const { inspect, keepReport } = await import('../../operations/resolve-recovery.ts')
    const { renderRecoveryReport } = await import('../render/recovery-report.ts')
    const { recoveryDocument } = await import('./recovery-document.ts')
    const report = await inspect(waitSeconds, session)
    const text = renderRecoveryReport(report)
    const kept = session.system.status().database ? keepReport(text, session) : null
    if (this.json) {
      this.printJson(recoveryDocument(report, kept))
      return 0
    }
    this.printText(text)
    if (kept !== null) this.print(`kept as /${kept}`)
    return 0
  }

  private tell({ outcome, transaction, left, notes }: RecoverReport): number {
    if (this.json) {
      this.printJson({ outcome, transaction, left: left.map((path) => `/${path}`), notes })
      return 0
    }
    for (const path of left) this.warn(`/${path} could not be put back: it is left as it is`)
    for (const text of notes) this.print(escapeText(text))
    this.print(texts[outcome])
    return 0
  }
}
