/** `peipkg-repo verify`: is a published repository what its signatures say? */
import { Option } from 'clipanion'
import { PeiError } from '../../native/errors.ts'
import { escapeText } from '../../native/escape.ts'
import { verifyPublished } from '../../publisher/verify.ts'
import { ProgramCommand } from '../command.ts'
import { jsonText } from '../render/json.ts'
import { parseChoice, requireOptions } from '../values.ts'
import { watched } from '../watched.ts'

export class VerifyCommand extends ProgramCommand {
  static override readonly document = 'repository-verify'
  static override readonly synopsis =
    '--repo <dir> [--mode metadata|hashes|both] [--all-packages-dir <dir>] [--json]'
  static override readonly examples = ['verify --repo repository', 'verify --repo repository --mode metadata']
  readonly repo = Option.String('--repo', { description: '<dir> the repository' })
  readonly mode = Option.String('--mode', 'both', {
    description: '<mode> metadata: the documents; hashes: the package files; both (default)',
  })
  readonly allPackagesDir = Option.String('--all-packages-dir', {
    description: '<dir> where package files are looked for; default: the repository',
  })
  readonly json = Option.Boolean('--json', false, {
    description: 'one JSON document; what is wrong is in it, and nothing on standard error',
  })

  override async run(): Promise<number> {
    const { repo } = requireOptions({ repo: this.repo })
    const mode = parseChoice('--mode', this.mode, ['metadata', 'hashes', 'both'])
    const request = { directory: repo, mode, packagesDirectory: this.allPackagesDir }
    const { issues, notChecked } = await watched(this.program, ({ progress, signal }) =>
      verifyPublished(request, progress, signal),
    )
    if (this.json) return this.showDocument(issues, notChecked)
    for (const text of notChecked) this.note(`not checked: ${escapeText(text)}`)
    for (const text of issues) this.note(`FAIL: ${escapeText(text)}`)
    if (issues.length > 0) throw new PeiError('PEI_REPO_ISSUES', `${issues.length} issue(s) found`)
    this.print('OK')
    return 0
  }

  private showDocument(issues: readonly string[], notChecked: readonly string[]): number {
    const ok = issues.length === 0
    this.print(jsonText({ ok, issues, not_checked: notChecked }, 2))
    return ok ? 0 : 1
  }
}
