/** What install, upgrade and remove share: their options, and how a change is reported. */
import { Option } from 'clipanion'
import { escapeText } from '../../native/escape.ts'
import type { ChangeOptions, ChangeReport } from '../../operations/change.ts'
import type { Session } from '../../operations/session.ts'
import type { ShownPlan } from '../../operations/shown-plan.ts'
import { renderKeptBack, renderPlan } from '../render/plan.ts'
import { UsageError } from '../usage-error.ts'
import { changeDocument } from './change-document.ts'
import type { ProgressMode } from './progress.ts'
import { modifiedList } from './reporter.ts'
import { clockDescription, parseProgress, parseWait, SessionCommand } from './session-command.ts'

export abstract class ChangeCommand extends SessionCommand {
  static override readonly document: string | undefined = 'change'
  override readonly needsOutput = false
  readonly dryRun = Option.Boolean('--dry-run', false, { description: 'shows the plan and changes nothing' })
  readonly yes = Option.Boolean('--yes', false, { description: 'asks no routine question' })
  readonly json = Option.Boolean('--json', false, {
    description: 'prints one JSON document; needs --yes or --dry-run',
  })
  readonly explain = Option.Boolean('--explain', false, {
    description: 'shows the whole derivation of a rejection',
  })
  readonly wait = Option.String('--wait', {
    tolerateBoolean: true,
    description: '[=<seconds>] waits while another transaction is in progress',
  })
  readonly noSync = Option.Boolean('--no-sync', false, {
    description: 'does not wait for the disk: for image builds; a power loss may break the root',
  })
  readonly allowCritical = Option.Boolean('--allow-critical', false, {
    description: 'lets system-critical packages go',
  })
  readonly downloadOnly = Option.Boolean('--download-only', false, {
    description: 'fetches the packages of the plan into the cache and changes nothing else',
  })
  readonly clock = Option.String('--clock', { description: clockDescription })
  readonly progress = Option.String('--progress', { description: '<form> bar, plain or json, on stderr' })

  /** Whether there is a routine question; not where only records change. */
  protected readonly asks: boolean = true

  /** What sets the commands apart. */
  protected abstract change(options: ChangeOptions, session: Session): Promise<ChangeReport>

  override async run(): Promise<number> {
    if (this.json && this.asks && !this.yes && !this.dryRun) {
      throw new UsageError('missing', '--json never asks: it needs --yes or --dry-run')
    }
    const options = this.changeOptions()
    const opened = this.openSession({ yes: this.yes || !this.asks, json: this.json })
    const session = await this.withClock(opened, this.clock, this.dryRun)
    if (typeof session === 'string') return this.notAuthorised(session, this.json)
    const report = await this.change(options, session)
    if (report.outcome === 'applied' && report.lateSignal) {
      this.note(`${this.program.program}: note: the signal came too late: the transaction is committed`)
    }
    return this.json ? this.reportJson(report) : this.reportText(report)
  }

  protected override progressMode(): ProgressMode | undefined {
    return parseProgress(this.progress)
  }

  /** Overridden where there are more. */
  protected changeOptions(): ChangeOptions {
    const { dryRun, explain, noSync, allowCritical, downloadOnly } = this
    const waitSeconds = parseWait(this.wait)
    const without = { cascade: false, overwriteUnowned: false, skipBroken: false }
    return { dryRun, explain, noSync, allowCritical, downloadOnly, waitSeconds, ...without }
  }

  private reportJson(report: ChangeReport): number {
    if (report.outcome === 'refused' || report.outcome === 'unauthorised') {
      return this.notAuthorised(report.outcome, true)
    }
    this.printJson(changeDocument(report))
    return 0
  }

  private reportText(report: ChangeReport): number {
    switch (report.outcome) {
      case 'nothing':
        this.printText(renderKeptBack(report.plan))
        this.print('nothing to do — the request is already satisfied')
        return 0
      case 'dry-run':
        this.printDryRun(report.plan)
        return 0
      case 'downloaded':
        this.print(`downloaded — ${report.packages} ${report.packages === 1 ? 'package' : 'packages'} ready`)
        return 0
      case 'declined':
        this.print('cancelled')
        return 0
      case 'refused':
      case 'unauthorised':
        return this.notAuthorised(report.outcome, false)
      case 'applied':
        for (const text of report.notes) this.print(escapeText(text))
        this.print(
          `done — ${report.operations} ${report.operations === 1 ? 'operation' : 'operations'} applied`,
        )
        return 0
    }
  }

  private printDryRun(plan: ShownPlan): void {
    for (const text of plan.warnings) this.warn(text)
    this.printText(renderPlan(plan))
    if (plan.modified.length > 0) this.printText(modifiedList(plan.modified))
    this.print('(dry run — no changes were made)')
  }
}
