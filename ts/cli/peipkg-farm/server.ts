/** `peipkg-farm server`: queue, schedule, artifacts, API and page, until it is stopped. */
import { Option } from 'clipanion'
import { parseListenAddress } from '../../config/listen-address.ts'
import { requireAddon } from '../../native/addon.ts'
import { ProgramCommand } from '../command.ts'
import { createLogger } from '../logger.ts'
import { jsonText } from '../render/json.ts'
import { catchSignals } from '../signals.ts'
import { UsageError } from '../usage-error.ts'
import { version } from '../version.ts'

export class ServerCommand extends ProgramCommand {
  static override readonly document = 'serve'
  static override readonly synopsis =
    '[--listen <address>] [--dir <dir>] [--config-dir <dir>] [--database <url>] [--upload <url>] [--log-level <level>] [--json]'
  static override readonly details = [
    'Serves the API and the page, and keeps queue, schedule, logs and artifacts below --dir. Every option but --config-dir is a key of farm.toml in --config-dir too; an option wins. At its first start it writes the token of the administrator to admin.token in --dir.',
    'Without --database the embedded database in --dir is used, by one server at a time. SIGTERM and SIGINT stop it: what runs goes on, and is finished by its workers when it is back.',
  ]
  static override readonly examples = [
    'server --dir farm',
    'server --listen 127.0.0.1:8080 --database postgres://farm@localhost/farm',
  ]
  readonly listen = Option.String('--listen', { description: '<address> default: 127.0.0.1:1234' })
  readonly dir = Option.String('--dir', {
    description: '<dir> all that it keeps; default: /var/lib/peipkg-farm',
  })
  readonly configDir = Option.String('--config-dir', {
    description: '<dir> of farm.toml and of the templates; default: /etc/peipkg-farm',
  })
  readonly database = Option.String('--database', { description: '<url> of PostgreSQL; default: embedded' })
  readonly upload = Option.String('--upload', {
    description: '<url> where every execution that has ended is posted too',
  })
  readonly logLevel = Option.String('--log-level', {
    description: '<level> debug, info (default), warn or error',
  })
  readonly json = Option.Boolean('--json', false, { description: 'the address as one JSON document' })

  override async run(): Promise<number> {
    if (this.listen !== undefined) checkListen(this.listen)
    const { requireFarmServer } = await import('../../farm/engine/package.ts')
    requireFarmServer(version)
    requireAddon()
    const { defaultConfigDirectory, readFarmSettings } = await import('../../config/farm-settings.ts')
    const settings = await readFarmSettings(this.configDir ?? defaultConfigDirectory, {
      listen: this.listen,
      directory: this.dir,
      database: this.database,
      upload: this.upload,
      logLevel: this.logLevel,
    })
    const log = createLogger(settings.logLevel, (line) => this.program.io.stderr.write(line))
    // What the engine was tried on, and what it declares.
    if (Number.parseInt(process.versions.node, 10) < 22) {
      log.warn('the job engine declares Node 22.12 or later; it runs here', { node: process.versions.node })
    }
    const caught = catchSignals()
    const { runFarmServer } = await import('../../farm/server/run.ts')
    return await runFarmServer({
      ...{ settings, log, signal: caught.signal },
      listening: (address) => this.print(this.json ? jsonText({ address }) : `listening at ${address}`),
    })
  }
}

function checkListen(text: string): void {
  try {
    parseListenAddress(text)
  } catch {
    throw new UsageError(
      'malformed',
      `option --listen is an address such as 127.0.0.1:1234 or :1234, not "${text}"`,
    )
  }
}
