/** `peipkg audit verify`: whether the audit log is as it was written. */
import { Option } from 'clipanion'
import { escapeText } from '../../native/escape.ts'
import type { AuditVerification } from '../../native/system.ts'
import { verifyAudit } from '../../operations/audit.ts'
import { PeipkgCommand } from './peipkg-command.ts'

export class AuditVerifyCommand extends PeipkgCommand {
  static override readonly synopsis = '[options]'
  static override readonly examples = ['audit verify']
  readonly json = Option.Boolean('--json', false, { description: 'prints one JSON document' })

  override async run(): Promise<number> {
    const found = verifyAudit(this.openSystem())
    if (this.json) this.printJson(document(found))
    else this.report(found)
    if (found.breaks.length === 0) return 0
    this.program.io.stderr.write(`peipkg: audit verify: ${found.breaks.length} break(s) found\n`)
    return 1
  }

  private report({ files, events, notes, breaks }: AuditVerification): void {
    for (const text of notes) this.print(escapeText(`note: ${text}`))
    for (const { file, line, reason } of breaks) {
      this.print(escapeText(line === 0 ? `/${file}: ${reason}` : `/${file} line ${line}: ${reason}`))
    }
    if (breaks.length > 0) return
    if (files === 0) this.print('no audit events recorded')
    else this.print(`the audit log is intact: ${events} event(s) in ${files} file(s)`)
  }
}

function document({ files, events, repeated, notes, breaks }: AuditVerification): unknown {
  return {
    ...{ intact: breaks.length === 0, files, events, repeated, notes },
    breaks: breaks.map(({ file, line, reason }) => ({ file: `/${file}`, line: line || null, reason })),
  }
}
