/** What the commands share that change a published repository. */
import { Option } from 'clipanion'
import type { PublishReport } from '../../native/producer.ts'
import type { Control, SignedChange } from '../../publisher/change-repository.ts'
import { ProgramCommand } from '../command.ts'
import { jsonText } from '../render/json.ts'
import { warningLine } from '../report-error.ts'
import { checkSigningKey } from '../signing-key.ts'
import { parseChoice, parseTimestamp, requireOptions } from '../values.ts'
import { watched } from '../watched.ts'
import { signatureFormats } from './signature-format.ts'

export abstract class RepositoryCommand extends ProgramCommand {
  static override readonly document: string | undefined = 'repository-change'

  readonly timestamp = Option.String('--timestamp', { description: '<time> now, as 2026-05-02T12:00:00Z' })
  readonly signatureFormat = Option.String('--signature-format', 'envelope', {
    description: '<format> envelope (default) or bare',
  })
  readonly noSite = Option.Boolean('--no-site', false, {
    description: 'leaves the pages of the browse site as they are',
  })
  readonly json = Option.Boolean('--json', false, { description: 'one JSON document' })

  /** The options that all changes have; the signing key is read at once, and its fingerprint told. */
  protected signedChange(given: {
    readonly repository: string
    readonly signKey: string
    readonly timestamp: string
  }): SignedChange & { readonly fingerprint: string } {
    const change = {
      ...given,
      timestamp: parseTimestamp('--timestamp', given.timestamp),
      signatureFormat: parseChoice('--signature-format', this.signatureFormat, signatureFormats),
      site: !this.noSite,
    }
    return { ...change, fingerprint: this.checkKey(given.signKey) }
  }

  /** The same for a command that needs nothing else. */
  protected changeOf(repo: string | undefined, signKey: string | undefined): SignedChange {
    const given = requireOptions({ repo, 'sign-key': signKey, timestamp: this.timestamp })
    return this.signedChange({
      repository: given.repo,
      signKey: given['sign-key'],
      timestamp: given.timestamp,
    })
  }

  /** The fingerprint of a private key. */
  protected checkKey(path: string): string {
    return checkSigningKey(path, (text) => this.warn(text))
  }

  /** Runs a change with its progress shown, until a signal stops it. Its warnings are printed. */
  protected async controlled(change: (control: Control) => Promise<PublishReport>): Promise<PublishReport> {
    return await watched(this.program, async (watch) => {
      const report = await change(watch)
      for (const text of report.warnings) watch.warn(text)
      return report
    })
  }

  /** The document, or the lines. */
  protected show(report: PublishReport, lines: readonly string[], more: object = {}): void {
    if (!this.json) {
      for (const line of lines) this.print(line)
      return
    }
    const { indexVersion: index_version, added: packages, warnings } = report
    this.print(jsonText({ index_version, packages, ...more, warnings }, 2))
  }

  private warn(text: string): void {
    this.program.io.stderr.write(warningLine(this.program.program, text))
  }
}
