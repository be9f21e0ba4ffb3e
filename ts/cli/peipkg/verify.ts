/** `peipkg verify`: files against the database. */
import { Option } from 'clipanion'
import { escapeText } from '../../native/escape.ts'
import type { Session } from '../../operations/session.ts'
import { type VerifyResult, verify } from '../../operations/verify.ts'
import { problemText } from '../render/problem.ts'
import { UsageError } from '../usage-error.ts'
import type { ProgressMode } from './progress.ts'
import { parseProgress, parseWait, SessionCommand } from './session-command.ts'

export class VerifyCommand extends SessionCommand {
  static override readonly synopsis = '[options] [name]…'
  static override readonly examples = ['verify', 'verify --quick nginx', 'verify --repair --yes']
  static override readonly completes = 'installed'
  readonly json = Option.Boolean('--json', false, { description: 'prints one JSON document' })
  readonly quick = Option.Boolean('--quick', false, { description: 'compares size and time only' })
  readonly repair = Option.Boolean('--repair', false, {
    description: 'fetches the packages that are damaged and puts back what differs',
  })
  readonly dryRun = Option.Boolean('--dry-run', false, {
    description: 'with --repair: shows the plan and changes nothing',
  })
  readonly yes = Option.Boolean('--yes', false, { description: 'with --repair: asks no routine question' })
  readonly wait = Option.String('--wait', {
    tolerateBoolean: true,
    description: '[=<seconds>] with --repair: waits while another transaction is in progress',
  })
  readonly progress = Option.String('--progress', { description: '<form> bar, plain or json, on stderr' })
  readonly names = Option.Rest()

  override async run(): Promise<number> {
    if (this.repair && this.json && !this.yes && !this.dryRun) {
      throw new UsageError('missing', '--json never asks: it needs --yes or --dry-run')
    }
    const session = this.openSession({ yes: this.yes, json: this.json })
    this.warnIfUnsettled(session.system)
    const names = [...new Set(this.names)]
    const found = await verify(names, this.quick, session)
    if (this.repair && found.problems.length > 0) return await this.runRepair(names, found, session)
    if (this.json) this.printJson(document(found))
    else this.tell(found)
    return this.count(found)
  }

  /** What is damaged, the plan, and what is left of it. */
  private async runRepair(names: readonly string[], found: VerifyResult, session: Session): Promise<number> {
    const { repair } = await import('../../operations/repair.ts')
    const { changeDocument } = await import('./change-document.ts')
    const { renderPlan } = await import('../render/plan.ts')
    if (!this.json) this.tell(found)
    const options = {
      ...{ dryRun: this.dryRun, explain: false, cascade: false, overwriteUnowned: false },
      ...{
        allowCritical: false,
        skipBroken: false,
        downloadOnly: false,
        noSync: false,
        waitSeconds: parseWait(this.wait),
      },
    }
    const report = await repair(found.problems, options, session)
    if (report?.outcome === 'refused' || report?.outcome === 'unauthorised') {
      return this.notAuthorised(report.outcome, this.json)
    }
    if (report === undefined) return this.end(found)
    const { outcome, plan } = report
    const left = outcome === 'applied' ? await verify(names, this.quick, session) : found
    if (this.json) {
      this.printJson({ ...document(left), repair: changeDocument(report) })
    } else if (outcome === 'dry-run') {
      this.printText(`${renderPlan(plan)}(dry run — no changes were made)\n`)
    } else if (outcome === 'declined') {
      this.print('cancelled')
    } else if (outcome === 'applied') {
      const { notes, operations } = report
      for (const text of notes) this.print(escapeText(text))
      this.print(`done — ${operations} ${operations === 1 ? 'operation' : 'operations'} applied`)
      for (const problem of left.problems) this.warn(`not repaired: ${problemText(problem)}`)
    }
    return outcome === 'applied' ? this.count(left) : 0
  }

  private end(found: VerifyResult): number {
    if (this.json) this.printJson({ ...document(found), repair: null })
    return this.count(found)
  }

  private tell({ problems, unapplied }: VerifyResult): void {
    for (const problem of problems) this.print(escapeText(problemText(problem)))
    for (const { package: name, path } of unapplied) {
      const text = `note: ${name}: /${path} has a security descriptor that is only recorded, not applied`
      this.print(escapeText(text))
    }
  }

  private count({ problems }: VerifyResult): number {
    if (problems.length > 0) {
      this.fail(`verify: ${problems.length} problem(s) found`)
      return 1
    }
    if (!this.json) this.print('all recorded files are intact')
    return 0
  }

  protected override progressMode(): ProgressMode | undefined {
    return parseProgress(this.progress)
  }
}

function document({ checked, problems, unapplied }: VerifyResult): object {
  const shown = problems.map(({ package: name, path, kind }) => ({ package: name, path: `/${path}`, kind }))
  const recorded = unapplied.map(({ package: name, path }) => ({ package: name, path: `/${path}` }))
  return { checked, problems: shown, ...(recorded.length === 0 ? {} : { unapplied_security: recorded }) }
}
