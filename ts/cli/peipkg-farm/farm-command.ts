/** What the client's commands share: which farm, with which token. */
import { existsSync } from 'node:fs'
import { Option } from 'clipanion'
import { readTextFile } from '../../config/text-file.ts'
import { type Connection, connect } from '../../farm/client/connection.ts'
import { PeiError } from '../../native/errors.ts'
import { ProgramCommand } from '../command.ts'
import { jsonText } from '../render/json.ts'
import { UsageError } from '../usage-error.ts'

const defaultRemote = 'http://127.0.0.1:1234'

/** Where a server of this machine keeps the token of its operator. */
const stateDirectory = process.platform === 'freebsd' ? '/var/db/peipkg-farm' : '/var/lib/peipkg-farm'

export abstract class FarmCommand extends ProgramCommand {
  readonly remote = Option.String('--remote', {
    description: `<url> of the farm (PEIPKG_FARM_REMOTE, else ${defaultRemote})`,
  })
  readonly tokenFile = Option.String('--token-file', {
    description:
      '<file> that holds the token (PEIPKG_FARM_TOKEN_FILE, else that of a server on this machine)',
  })

  /** Uses the farm; nothing is left open. */
  protected async withFarm<T>(use: (farm: Connection) => Promise<T>): Promise<T> {
    const farm = this.openFarm()
    try {
      return await use(farm)
    } finally {
      farm.close()
    }
  }

  protected openFarm(): Connection {
    const { environment } = this.program.io
    const remote = checkRemote(this.remote ?? (environment.PEIPKG_FARM_REMOTE || defaultRemote))
    return connect(remote, readToken(this.tokenFile ?? (environment.PEIPKG_FARM_TOKEN_FILE || undefined)))
  }

  protected printJson(document: unknown): void {
    this.print(jsonText(document, 2))
  }
}

function checkRemote(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isWeb = url?.protocol === 'http:' || url?.protocol === 'https:'
  if (url === undefined || !isWeb || url.username !== '' || url.search !== '' || url.hash !== '') {
    throw new UsageError('malformed', `the farm's address is an http or https URL, not "${text}"`)
  }
  return text.replace(/\/+$/, '')
}

/** A token is never an argument: everybody on the machine could read it there. */
function readToken(named: string | undefined): string | undefined {
  const path = named ?? `${stateDirectory}/admin.token`
  if (named === undefined && !isReadable(path)) return undefined
  const token = readTextFile(path, 4096).trim()
  // What is no token would be refused as a header before any farm sees it.
  if (/^[!-~]+$/.test(token)) return token
  const what = token === '' ? 'is empty' : 'holds more than a token'
  throw new PeiError('PEI_FARM_TOKEN', `${path} ${what} (one line, as "token create" printed it)`)
}

function isReadable(path: string): boolean {
  try {
    return existsSync(path) && readTextFile(path, 4096) !== ''
  } catch {
    return false
  }
}
