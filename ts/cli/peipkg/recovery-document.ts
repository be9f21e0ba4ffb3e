/** The JSON document of `recover --report`. */
import type { RecoveryReport } from '../../native/system.ts'
import { summarise } from '../render/summary.ts'

/** `kept`: where the text was kept, from the root. */
export function recoveryDocument(report: RecoveryReport, kept: string | null): unknown {
  const { pending, steps, problems, disagreements, orphans } = report
  return {
    pending:
      pending === undefined
        ? null
        : {
            ...{ id: pending.id, state: pending.state, started_at: pending.startedAt },
            ...{ command: pending.command, summary: summarise(pending) },
          },
    steps: steps.map(({ action, path, inDoubt, atFinal, atStaged, atBackup }) => ({
      ...{ action, path: `/${path}`, in_doubt: inDoubt },
      ...{ at_final: atFinal, at_staged: atStaged, at_backup: atBackup },
    })),
    problems: problems.map(({ package: name, path, kind }) => ({ package: name, path: `/${path}`, kind })),
    disagreements,
    orphans: orphans.map(({ path, kind }) => ({ path: `/${path}`, kind })),
    kept: kept === null ? null : `/${kept}`,
  }
}
