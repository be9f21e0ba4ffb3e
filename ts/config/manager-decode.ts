/** From the text of the manager's configuration to typed values: every known key with its kind; all unknown ones refused. */
import { parse, TomlError } from 'smol-toml'
import { durationReason, parseGoDuration } from './duration.ts'
import type { KeyPath } from './locate.ts'
import { failAt, ManagerFileError } from './manager-file-error.ts'
import type { ManagerConfiguration } from './manager-settings.ts'
import { nearest } from './nearest.ts'
import { parseSize } from './quantity.ts'
import { isTomlTable, type TomlValues, tomlReason } from './toml-value.ts'

type Kind = 'string' | 'strings' | 'integer' | 'duration' | 'size' | 'command'
type Keys = Readonly<Record<string, Kind>>

const tables: Readonly<Record<string, Keys>> = {
  manager: { id: 'string', recipes_dir: 'string', state_dir: 'string' },
  repo: { name: 'string', description: 'string', resign_after: 'duration' },
  signing: { key_file: 'string' },
  upload: { backend: 'string', remote: 'string', order: 'string' },
  http: { addr: 'string', webhook_secret_file: 'string', page: 'string' },
  poll: { default_interval: 'duration' },
  limits: {
    git: 'duration',
    build: 'duration',
    min_free: 'size',
    concurrent_polls: 'integer',
    logs_per_recipe: 'integer',
  },
  webhooks: { forgejo_secret_file: 'string', gitlab_token_file: 'string' },
  farm: { server: 'string', token_file: 'string' },
  notify: { command: 'command' },
}

/** Arrays of tables. */
const lists: Readonly<Record<string, Keys>> = {
  signing_key: { name: 'string', private: 'string', pubkey_env: 'string' },
  grant: { recipe: 'string', inject_pubkey: 'strings', sign: 'strings' },
}

/** What the rules look at, beside the configuration itself. */
export interface DecodedManagerFile {
  readonly path: string
  readonly text: string
  /** Words that have yet to be held against their lists. */
  readonly backend: string
  readonly order: string
  readonly page: string
  /** Complete once the rules were checked. */
  readonly configuration: ManagerConfiguration
}

/** Throws ManagerFileError: `parse PATH: …`. */
export async function decodeManagerFile(path: string, bytes: Buffer): Promise<DecodedManagerFile> {
  const text = decodeText(path, bytes)
  const document = parseDocument(path, text)
  const unknown: KeyPath[] = []
  for (const [name, value] of Object.entries(document)) {
    const wrong = checkEntry(name, value, unknown)
    if (wrong !== undefined) await failAt(text, wrong.path, `parse ${path}: ${wrong.message}`)
  }
  const [first] = unknown
  if (first !== undefined) {
    const names = unknown.map(dotted).join(' ')
    await failAt(text, first, `parse ${path}: unknown keys [${names}] (typo?)`, nearestKey(first))
  }
  return { path, text, ...shape(document) }
}

function decodeText(path: string, bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (error) {
    throw new ManagerFileError(`parse ${path}: not valid UTF-8`, undefined, undefined, error)
  }
}

function parseDocument(path: string, text: string): TomlValues {
  try {
    return parse(text)
  } catch (error) {
    if (!(error instanceof TomlError)) throw error
    const message = `parse ${path}: line ${error.line}: ${tomlReason(error)}`
    throw new ManagerFileError(message, error.line, undefined, error)
  }
}

interface Wrong {
  readonly path: KeyPath
  readonly message: string
}

/** Notes the unknown keys of one entry of the document, and returns the first value of a wrong type. */
function checkEntry(name: string, value: unknown, unknown: KeyPath[]): Wrong | undefined {
  const keys = tables[name]
  const listKeys = lists[name]
  if (keys !== undefined && Object.hasOwn(tables, name)) {
    if (!isTomlTable(value)) return { path: [name], message: `[${name}] must be a table` }
    return checkTable(value, keys, [name], unknown)
  }
  if (listKeys !== undefined && Object.hasOwn(lists, name)) {
    if (!Array.isArray(value) || !value.every(isTomlTable)) {
      return { path: [name], message: `${name} must be written [[${name}]]` }
    }
    return firstOf(value, (entry, index) => checkTable(entry, listKeys, [name, index], unknown))
  }
  noteUnknown(value, [name], unknown)
  return undefined
}

function checkTable(table: TomlValues, keys: Keys, path: KeyPath, unknown: KeyPath[]): Wrong | undefined {
  return firstOf(Object.entries(table), ([key, value]) => {
    const at = [...path, key]
    if (!Object.hasOwn(keys, key)) {
      noteUnknown(value, at, unknown)
      return undefined
    }
    const problem = problemOf(value, keys[key] as Kind)
    return problem === undefined ? undefined : { path: at, message: `${title(path)}.${key}${problem}` }
  })
}

function firstOf<T, R>(items: readonly T[], find: (item: T, index: number) => R | undefined): R | undefined {
  for (const [index, item] of items.entries()) {
    const found = find(item, index)
    if (found !== undefined) return found
  }
  return undefined
}

/** A key and everything below it, in the order of the file. */
function noteUnknown(value: unknown, path: KeyPath, unknown: KeyPath[]): void {
  unknown.push(path)
  if (!isTomlTable(value)) return
  for (const [key, below] of Object.entries(value)) noteUnknown(below, [...path, key], unknown)
}

/** What is wrong with a value, as the rest of a sentence. */
function problemOf(value: unknown, kind: Kind): string | undefined {
  switch (kind) {
    case 'string':
      return typeof value === 'string' ? undefined : ' must be a string'
    case 'strings':
      return isStrings(value) ? undefined : ' must be a list of strings'
    case 'integer':
      return Number.isSafeInteger(value) ? undefined : ' must be an integer'
    case 'command':
      return isStrings(typeof value === 'string' ? [value] : value)
        ? undefined
        : ' must be a program, or a list of a program and its arguments'
    case 'size':
      return sizeOf(value) === undefined ? ' must be a size such as "2GiB"' : undefined
    case 'duration':
      return durationProblem(value)
  }
}

function durationProblem(value: unknown): string | undefined {
  if (typeof value !== 'string') return ' must be a duration in quotes, such as "1h30m"'
  const reason = durationReason(value)
  return reason === undefined ? undefined : `: ${reason}`
}

function sizeOf(value: unknown): number | undefined {
  if (typeof value === 'string') return parseSize(value)
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined
}

/** Every value has its type by now. */
function shape(document: TomlValues): Omit<DecodedManagerFile, 'path' | 'text'> {
  const {
    manager = {},
    repo = {},
    signing = {},
    upload = {},
    http = {},
  } = document as Record<string, TomlValues>
  const {
    poll = {},
    limits = {},
    webhooks = {},
    farm = {},
    notify = {},
  } = document as Record<string, TomlValues>
  const list = (name: string) => (document[name] ?? []) as readonly TomlValues[]
  return {
    backend: text(upload, 'backend'),
    order: text(upload, 'order'),
    page: text(http, 'page', 'loopback'),
    configuration: {
      id: text(manager, 'id'),
      recipesDir: text(manager, 'recipes_dir'),
      stateDir: text(manager, 'state_dir'),
      repoName: text(repo, 'name'),
      repoDescription: text(repo, 'description'),
      resignAfter: duration(repo, 'resign_after', '168h'),
      signingKeyFile: text(signing, 'key_file'),
      uploadBackend: text(upload, 'backend') === 'rclone' ? 'rclone' : 'none',
      uploadRemote: text(upload, 'remote'),
      uploadOrder: text(upload, 'order') === 'two-pass' ? 'two-pass' : 'single',
      httpAddr: text(http, 'addr'),
      webhookSecretFile: text(http, 'webhook_secret_file'),
      page: text(http, 'page', 'loopback') as ManagerConfiguration['page'],
      forgejoSecretFile: text(webhooks, 'forgejo_secret_file'),
      gitlabTokenFile: text(webhooks, 'gitlab_token_file'),
      defaultInterval: duration(poll, 'default_interval', '0s'),
      signingKeys: list('signing_key').map((key) => ({
        name: text(key, 'name'),
        privateKey: text(key, 'private'),
        pubkeyEnv: text(key, 'pubkey_env'),
      })),
      grants: list('grant').map((grant) => ({
        recipe: text(grant, 'recipe'),
        injectPubkey: strings(grant, 'inject_pubkey'),
        sign: strings(grant, 'sign'),
      })),
      limits: {
        git: duration(limits, 'git', '10m'),
        build: duration(limits, 'build', '2h'),
        minFree: sizeOf(limits.min_free ?? '2GiB') ?? 0,
        concurrentPolls: (limits.concurrent_polls ?? 16) as number,
        logsPerRecipe: (limits.logs_per_recipe ?? 20) as number,
      },
      farmServer: text(farm, 'server'),
      farmTokenFile: text(farm, 'token_file'),
      notifyCommand: typeof notify.command === 'string' ? [notify.command] : strings(notify, 'command'),
    },
  }
}

const text = (table: TomlValues, key: string, fallback = ''): string => (table[key] ?? fallback) as string
const strings = (table: TomlValues, key: string): readonly string[] => (table[key] ?? []) as readonly string[]
const duration = (table: TomlValues, key: string, fallback: string): number =>
  parseGoDuration(text(table, key, fallback))

function isStrings(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'string')
}

/** `[upload]`, `[[grant]]`. */
const title = (path: KeyPath): string => (path.length === 1 ? `[${path[0]}]` : `[[${path[0]}]]`)

/** `bogus.a`; the index within an array of tables is left out, and a part that TOML would quote is quoted. */
function dotted(path: KeyPath): string {
  const parts = path.filter((part) => typeof part === 'string')
  return parts.map((part) => (/^[A-Za-z0-9_-]+$/.test(part) ? part : JSON.stringify(part))).join('.')
}

function nearestKey(path: KeyPath): string | undefined {
  const [table = '', ...below] = path.filter((part) => typeof part === 'string')
  const key = below.at(0)
  if (key === undefined) return nearest(table, [...Object.keys(tables), ...Object.keys(lists)])
  const keys = Object.hasOwn(tables, table) ? tables[table] : lists[table]
  const near = nearest(key, Object.keys(keys ?? {}))
  return near === undefined ? undefined : `${table}.${near}`
}
