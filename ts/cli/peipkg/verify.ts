/** `peipkg verify`: files against the database. */
import { Option } from 'clipanion'
import { escapeText } from '../../native/escape.ts'
import type { VerifyReport } from '../../native/system.ts'
import { verify } from '../../operations/verify.ts'
import type { ProgressMode } from './progress.ts'
import { parseProgress, SessionCommand } from './session-command.ts'

type Problem = VerifyReport['problems'][number]

export class VerifyCommand extends SessionCommand {
  static override readonly synopsis = '[options] [name]…'
  static override readonly examples = ['verify', 'verify --quick nginx']
  static override readonly completes = 'installed'
  readonly json = Option.Boolean('--json', false, { description: 'prints one JSON document' })
  readonly quick = Option.Boolean('--quick', false, { description: 'compares size and time only' })
  readonly progress = Option.String('--progress', { description: '<form> bar, plain or json, on stderr' })
  readonly names = Option.Rest()

  override async run(): Promise<number> {
    const session = this.openSession({ yes: false, json: this.json })
    this.warnIfUnsettled(session.system)
    const { checked, problems } = await verify([...new Set(this.names)], this.quick, session)
    if (this.json) {
      const shown = problems.map(({ package: name, path, kind }) => ({
        package: name,
        path: `/${path}`,
        kind,
      }))
      this.printJson({ checked, problems: shown })
    } else {
      for (const problem of problems) this.print(escapeText(problemText(problem)))
    }
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

/** `nginx: /etc/nginx/nginx.conf has been modified since install`. */
function problemText({ package: name, path, kind, detail, recorded }: Problem): string {
  const subject = `${name}: /${path}`
  switch (kind) {
    case 'missing':
      return `${subject} is missing`
    case 'modified':
      return `${subject} has been modified since install`
    case 'not-a-directory':
      return `${subject} is not a directory`
    case 'not-a-file':
      return `${subject} is not a regular file`
    case 'points-at':
      return `${subject} points at "${detail ?? ''}", recorded as "${recorded ?? ''}"`
    case 'unreadable':
      return `${subject} cannot be read: ${detail ?? ''}`
  }
}
