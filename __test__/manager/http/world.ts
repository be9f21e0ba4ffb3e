/** A server with a manager behind it that only takes notes. */
import { createHmac } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { type IncomingHttpHeaders, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseManagerConfiguration } from '../../../ts/config/manager-configuration.ts'
import { createHttp, type HttpTimes } from '../../../ts/manager/http/endpoint.ts'
import type { WebhookSecrets } from '../../../ts/manager/http/secrets.ts'
import type {
  BuildLog,
  Endpoint,
  HistoryEntry,
  LogFields,
  Logger,
  Manager,
  Recipe,
  StatusSnapshot,
} from '../../../ts/manager/model.ts'
import { freePort } from '../free-port.ts'

export interface World {
  readonly port: number
  readonly lines: string[]
  readonly polls: string[]
  readonly scratch: string
  /** Changes what the manager says. */
  readonly say: {
    status: Partial<StatusSnapshot>
    recipes: Recipe[]
    history: HistoryEntry[]
    logs: Map<string, string>
  }
  ask(path: string, options?: Asked): Promise<Answer>
  reload(): Promise<void>
  end(): Promise<void>
}

interface Asked {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Buffer
}

interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export const secret = 'It is a secret'

export function recipe(id: string, more: Partial<Recipe> = {}): Recipe {
  return {
    id,
    path: `/recipes/${id}/peipkg.toml`,
    git: `https://example.org/${id}.git`,
    tagPattern: '^v(.+)$',
    pattern: { capture: (tag) => tag.slice(1) },
    peiosRevision: 1,
    submodules: false,
    minVersion: '',
    githubWebhook: true,
    packages: [],
    ...more,
  }
}

export interface Given {
  /** Further lines of `[http]`. */
  readonly http?: string
  /** A free one, unless it is given. */
  readonly port?: number
  readonly secrets?: WebhookSecrets
  readonly times?: HttpTimes
  readonly recipes?: readonly Recipe[]
}

export async function createWorld(given: Given = {}): Promise<World> {
  const port = given.port ?? (await freePort())
  const settings = await parseManagerConfiguration('c', Buffer.from(configuration(port, given.http ?? '')))
  const scratch = mkdtempSync(join(tmpdir(), 'peipkg-test-'))
  const lines: string[] = []
  const polls: string[] = []
  const say: World['say'] = { status: {}, recipes: [...(given.recipes ?? [])], history: [], logs: new Map() }
  const open = createHttp({
    settings,
    secrets: given.secrets ?? { github: Buffer.from(secret) },
    manager: managerOf(say, polls),
    log: logTo(lines),
    ...(given.times === undefined ? {} : { times: given.times }),
  })
  let endpoint: Endpoint | undefined = await open()
  return {
    port,
    lines,
    polls,
    scratch,
    say,
    ask: (path, options = {}) => ask(port, path, options),
    async reload() {
      await endpoint?.close()
      endpoint = await open()
    },
    async end() {
      await endpoint?.close()
      rmSync(scratch, { recursive: true })
    },
  }
}

const configuration = (port: number, http: string) => `
manager = { id = "f1", recipes_dir = "/r", state_dir = "/s" }
repo = { name = "r" }
signing = { key_file = "/k" }
poll = { default_interval = "1h" }
[http]
addr = "127.0.0.1:${port}"
${http}`

function managerOf(say: World['say'], polls: string[]): Manager {
  const logsOf = (id: string): BuildLog[] =>
    [...say.logs.keys()]
      .filter((key) => key.startsWith(`${id}/`))
      .map((key) => ({ name: key.slice(id.length + 1), version: '1.0-1', bytes: 5, startedAt: 1 }))
  return {
    status: () => ({ ...idle, recipes: say.recipes.map(({ id }) => id), ...say.status }),
    roster: () => ({ recipes: say.recipes, problems: say.status.problems ?? new Map() }),
    poll: (id, source) => polls.push(`${id} ${source}`) > 0,
    reload: () => undefined,
    history: async (id, limit) =>
      say.history.filter((entry) => id === undefined || entry.recipe === id).slice(0, limit),
    logs: async (id) => logsOf(id),
    logPath: async (id, name) => say.logs.get(`${id}/${name}`),
  }
}

/** What a manager says that has done nothing yet. */
export const idle: StatusSnapshot = {
  farmId: 'f1',
  recipes: [],
  buildsAttempted: 0,
  buildsSucceeded: 0,
  inFlight: undefined,
  failures: new Map(),
  problems: new Map(),
  queued: 0,
  uploadPending: undefined,
  lastPublish: undefined,
  startedAt: Date.parse('2026-05-01T00:00:00Z'),
  polls: new Map(),
}

function logTo(lines: string[]): Logger {
  const at =
    (level: string) =>
    (message: string, fields: LogFields = {}) => {
      lines.push(
        [level, message, ...Object.entries(fields).map(([key, value]) => `${key}=${value}`)].join(' '),
      )
    }
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

function ask(port: number, path: string, { method = 'GET', headers = {}, body }: Asked): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, path, method, headers, agent: false }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        const { statusCode = 0 } = response
        resolve({ status: statusCode, headers: response.headers, body: Buffer.concat(chunks).toString() })
      })
    })
    asked.on('error', reject)
    asked.end(body)
  })
}

/** The headers of a webhook from GitHub. */
export function signed(body: string | Buffer, key = secret): Record<string, string> {
  return { 'X-Hub-Signature-256': `sha256=${hmac(body, key)}`, 'Content-Type': 'application/json' }
}

export function hmac(body: string | Buffer, key = secret, algorithm = 'sha256'): string {
  return createHmac(algorithm, key).update(body).digest('hex')
}
