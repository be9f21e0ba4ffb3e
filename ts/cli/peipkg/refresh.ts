/** `peipkg refresh`. */
import { Option } from 'clipanion'
import { type Refreshed, refresh } from '../../operations/refresh.ts'
import type { ProgressMode } from './progress.ts'
import { clockDescription, parseProgress, SessionCommand, unauthorised } from './session-command.ts'

export class RefreshCommand extends SessionCommand {
  static override readonly synopsis = '[options] [repository]…'
  static override readonly completes = 'repositories'
  static override readonly examples = ['refresh', 'refresh official']
  readonly json = Option.Boolean('--json', false, { description: 'prints one JSON document' })
  readonly clock = Option.String('--clock', { description: clockDescription })
  readonly progress = Option.String('--progress', { description: '<form> bar, plain or json, on stderr' })
  readonly names = Option.Rest()

  override async run(): Promise<number> {
    const opened = this.openSession({ yes: true, json: this.json })
    const session = await this.withClock(opened, this.clock, false)
    if (typeof session === 'string') return this.notAuthorised(session, this.json)
    const results = await refresh([...new Set(this.names)], session, (refreshed) => this.report(refreshed))
    const failures = results.filter(({ outcome }) => outcome === 'failed').length
    if (this.json) this.printJson(results.map(document))
    else if (results.length === 0) this.print('no repositories to refresh')
    // What a person refused was cancelled, and is no failure; where there was nobody to ask it is one.
    if (!this.json && results.some(({ error }) => error?.code === 'PEI_AUTH_REQUIRED'))
      this.print(unauthorised)
    if (failures === 0) return 0
    this.fail(`${failures} repository refresh(es) failed`)
    return 1
  }

  protected override progressMode(): ProgressMode | undefined {
    return parseProgress(this.progress)
  }

  private report({ name, outcome, error }: Refreshed): void {
    if (outcome === 'refused') return
    if (error !== null) {
      this.fail(`refreshing "${name}" failed: ${error.message}`)
    } else if (!this.json) {
      this.print(`refreshed "${name}"${outcome === 'already-current' ? ' (already current)' : ''}`)
    }
  }
}

function document({ name, outcome, indexVersion, error }: Refreshed): unknown {
  return { name, outcome, index_version: indexVersion, error }
}
