/** `peipkg doctor`: what is wrong, taking over another tool's database, rebuilding a lost one. */
import { Option } from 'clipanion'
import { escapeText } from '../../native/escape.ts'
import type { Finding } from '../../operations/doctor.ts'
import type { RebuildReport } from '../../operations/rebuild.ts'
import type { Session } from '../../operations/session.ts'
import { UsageError } from '../usage-error.ts'
import type { ProgressMode } from './progress.ts'
import { parseProgress, parseWait, SessionCommand } from './session-command.ts'

export class DoctorCommand extends SessionCommand {
  static override readonly synopsis = '[options]'
  static override readonly examples = [
    'doctor',
    'doctor --import',
    'doctor --rebuild',
    'doctor --rebuild --from /mnt/packages',
  ]
  readonly import = Option.Boolean('--import', false, {
    description: 'takes over the database that another peipkg implementation left',
  })
  readonly rebuild = Option.Boolean('--rebuild', false, {
    description: 'after the loss of the database: records packages again that are on the disk whole',
  })
  readonly from = Option.String('--from', {
    description: '<dir> with --rebuild: packages to compare with, instead of what repositories offer',
  })
  readonly yes = Option.Boolean('--yes', false, { description: 'with --rebuild: asks no question' })
  readonly wait = Option.String('--wait', {
    tolerateBoolean: true,
    description: '[=<seconds>] waits while another transaction is in progress',
  })
  readonly json = Option.Boolean('--json', false, { description: 'prints one JSON document' })
  readonly progress = Option.String('--progress', { description: '<form> bar, plain or json, on stderr' })

  override async run(): Promise<number> {
    if (this.import && this.rebuild) {
      throw new UsageError('malformed', '--import and --rebuild exclude each other')
    }
    if (this.from !== undefined && !this.rebuild) {
      throw new UsageError('malformed', '--from belongs to --rebuild')
    }
    if (this.json && this.rebuild && this.from === undefined && !this.yes) {
      throw new UsageError('missing', '--json never asks: it needs --yes or --from')
    }
    const waitSeconds = parseWait(this.wait)
    const session = this.openSession({ yes: this.yes, json: this.json })
    if (this.import) return await this.runImport(waitSeconds, session)
    return this.rebuild ? await this.runRebuild(waitSeconds, session) : await this.runExamination(session)
  }

  protected override progressMode(): ProgressMode | undefined {
    return parseProgress(this.progress)
  }

  private async runExamination(session: Session): Promise<number> {
    const { examine } = await import('../../operations/doctor.ts')
    const findings = await examine(session)
    const problems = findings.filter(({ level }) => level !== 'note').length
    if (this.json) this.printJson({ healthy: problems === 0, findings })
    else for (const finding of findings) this.printText(renderFinding(finding))
    if (problems > 0) {
      this.fail(`doctor: ${problems} problem(s) found`)
      return 1
    }
    if (!this.json) this.print('no problems found')
    return 0
  }

  private async runImport(waitSeconds: number | null, session: Session): Promise<number> {
    const { importReference } = await import('../../operations/doctor.ts')
    const { packages, paths, repositories, aside } = await importReference(waitSeconds, session)
    if (this.json) {
      this.printJson({ packages, paths, repositories, aside: `/${aside}` })
    } else {
      this.print(`took over ${packages} package(s) with ${paths} path(s)`)
      this.print(`the old database is kept as /${aside}`)
      this.print('next: peipkg refresh')
    }
    return 0
  }

  private async runRebuild(waitSeconds: number | null, session: Session): Promise<number> {
    const { rebuild } = await import('../../operations/rebuild.ts')
    const report = await rebuild(this.from ?? null, waitSeconds, session)
    if (this.json) this.printJson(document(report))
    else if (report.outcome === 'declined') this.print('cancelled')
    else this.printText(renderRebuild(report))
    return 0
  }
}

/** A finding and, below it, what to do. */
function renderFinding({ level, text, advice }: Finding): string {
  const lines = advice === '' ? [`${level}: ${text}`] : [`${level}: ${text}`, `  ${advice}`]
  return lines.map((line) => `${escapeText(line)}\n`).join('')
}

function renderRebuild({ adopted, dependencies, rejected, unplaced, more }: RebuildReport): string {
  const asked = adopted.length - dependencies.length
  const lines = [
    ...adopted.map(({ name, version }) => `recorded    ${name} ${version}`),
    ...rejected.map(
      ({ name, version, reason }) => `not placed  ${`${name} ${version}`.trim()}: ${reason ?? ''}`,
    ),
    ...unplaced.map((path) => `no owner    /${path}`),
    ...(more ? ['no owner    … and more'] : []),
    `${adopted.length} package(s) recorded again: ${asked} as asked for, ${dependencies.length} as needed by them (see: peipkg mark)`,
  ]
  return lines.map((line) => `${escapeText(line)}\n`).join('')
}

function document({ outcome, adopted, dependencies, rejected, unplaced, more }: RebuildReport): unknown {
  const needed = new Set(dependencies)
  return {
    outcome,
    adopted: adopted.map(({ name, version }) => ({
      ...{ name, version },
      reason: needed.has(name) ? 'dependency' : 'explicit',
    })),
    rejected: rejected.map(({ name, version, reason }) => ({ name, version, reason: reason ?? '' })),
    unplaced: unplaced.map((path) => `/${path}`),
    more,
  }
}
