/** The forensic report as people read it, and as it is kept below `reports/`. */
import { escapeText } from '../../native/escape.ts'
import type { RecoveryReport } from '../../native/system.ts'
import { problemText } from './problem.ts'
import { summarise } from './summary.ts'

export function renderRecoveryReport(report: RecoveryReport): string {
  const lines = [
    ...renderPending(report),
    ...section('files that differ from the database', report.problems.map(problemText)),
    ...section('rows that disagree', report.disagreements),
    ...section(
      'staged and backup files that no transaction knows',
      report.orphans.map(({ path, kind }) => `/${path} (${kind})`),
    ),
  ]
  return `${lines.map(escapeText).join('\n')}\n`
}

function renderPending({ pending, steps }: RecoveryReport): readonly string[] {
  if (pending === undefined) return ['pending: nothing']
  const { id, state, startedAt, command } = pending
  return [
    `pending: transaction ${id}, ${state}, started ${startedAt}`,
    `  ${summarise(pending)}`,
    `  ${command}`,
    ...section(
      'its steps',
      steps.map(({ action, path, inDoubt, atFinal, atStaged, atBackup }) => {
        const doubt = inDoubt ? '  IN DOUBT' : ''
        return `${action.padEnd(7)}  /${path}: there ${atFinal}, staged ${atStaged}, backup ${atBackup}${doubt}`
      }),
    ),
  ]
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [`${title}: none`] : [`${title}:`, ...lines.map((line) => `  ${line}`)]
}
