/** `peipkg-repo serve`: a read-only server for development. */
import { Option } from 'clipanion'
import { serve } from '../../publisher/serve.ts'
import { ProgramCommand } from '../command.ts'
import { jsonText } from '../render/json.ts'
import { warningLine } from '../report-error.ts'
import { catchSignals } from '../signals.ts'
import { UsageError } from '../usage-error.ts'
import { requireOptions } from '../values.ts'

export class ServeCommand extends ProgramCommand {
  static override readonly synopsis = '--repo <dir> [--listen <address>] [--json]'
  static override readonly details = [
    'Serves the files of a repository, read-only and unencrypted, until it is stopped. Only this machine can reach it unless --listen says otherwise; for anybody else use a real web server.',
  ]
  static override readonly examples = [
    'serve --repo repository',
    'serve --repo repository --listen 127.0.0.1:8080',
  ]
  readonly repo = Option.String('--repo', { description: '<dir> the repository' })
  readonly listen = Option.String('--listen', '127.0.0.1:0', {
    description: '<address> as 127.0.0.1:8080 or [::1]:8080; default: any free port of 127.0.0.1',
  })
  readonly json = Option.Boolean('--json', false, { description: 'the address as one JSON document' })

  override async run(): Promise<number> {
    const { repo: directory } = requireOptions({ repo: this.repo })
    const { host, port } = parseAddress(this.listen)
    const { signal, release } = catchSignals()
    const serving = await serve({ directory, host, port })
    if (!/^(127\.|::1$|localhost$)/.test(host)) {
      this.program.io.stderr.write(
        warningLine(this.program.program, `others can reach ${serving.address}, unencrypted`),
      )
    }
    this.print(
      this.json ? jsonText({ address: serving.address }) : `serving ${directory} at ${serving.address}`,
    )
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
    await serving.close()
    release()
    return 0
  }
}

function parseAddress(text: string): { readonly host: string; readonly port: number } {
  const [, bracketed, plain, port] = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s]+)):([0-9]{1,5})$/.exec(text) ?? []
  const host = bracketed ?? plain
  if (host !== undefined && Number(port) <= 65_535) return { host, port: Number(port) }
  throw new UsageError('malformed', `option --listen is an address such as 127.0.0.1:8080, not "${text}"`)
}
