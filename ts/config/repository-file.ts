/** One configured repository: `<root>/conf/peipkg/<name>.repo`, flat TOML (file 4). */
import { PeiError } from '../native/errors.ts'
import { checkBaseUrl } from './base-url.ts'
import { parseDuration } from './quantity.ts'
import { readToml, type TomlTable } from './toml.ts'

type SignaturePolicy = 'required' | 'optional'

export interface RepositoryConfiguration {
  readonly name: string
  /** Without slash at its end. */
  readonly baseUrl: string
  /** Positive; lower wins. */
  readonly priority: number
  readonly signaturePolicy: SignaturePolicy
  /** Fingerprints, 64 lowercase hexadecimal digits each. */
  readonly trustAnchors: readonly string[]
  readonly allowInsecureTransport: boolean
  /** Where the floor of the index starts. */
  readonly minIndexVersion: number
  readonly official: boolean
  /** Further base URLs, without slash at their ends, tried in order. */
  readonly mirrors: readonly string[]
  /** A netrc file: a path within the root, or beside this file. */
  readonly credentialsFile: string | null
  /** Seconds that may pass after the last refresh that brought something. */
  readonly maxTrustedAge: number
  /** Seconds that an index may be old. */
  readonly maxIndexAge: number
  /** Farms whose packages are taken; none named: all. */
  readonly farmIds: readonly string[]
  /** SIDs that its packages may grant access to, beside the well-known ones. */
  readonly sdAllowSids: readonly string[]
}

const day = 86_400

/** What holds for keys that a file leaves out. */
export const repositoryDefaults = {
  priority: 50,
  mirrors: [],
  credentialsFile: null,
  maxTrustedAge: 30 * day,
  maxIndexAge: 90 * day,
  farmIds: [],
  sdAllowSids: [],
} as const satisfies Partial<RepositoryConfiguration>

/** Throws PEI_CONFIG_INVALID naming file, line and key. `file` is for messages. */
export function parseRepositoryFile(
  name: string,
  file: string,
  text: string,
): Promise<RepositoryConfiguration> {
  return readToml(file, text, (table) => readRepository(name, table))
}

function readRepository(name: string, table: TomlTable): RepositoryConfiguration {
  const allowInsecureTransport = table.boolean('allow_insecure_transport', false)
  const signaturePolicy = table.oneOf('signature_policy', ['required', 'optional'], 'required')
  const trustAnchors = table.strings('trust_anchors', [])
  for (const anchor of trustAnchors) {
    if (!isFingerprint(anchor)) table.fail('trust_anchors', `holds "${anchor}", which is no fingerprint`)
  }
  const repository = {
    name,
    baseUrl: usableUrl(table, 'base_url', table.string('base_url'), allowInsecureTransport),
    priority: table.integer('priority', 1, 2 ** 31 - 1, repositoryDefaults.priority),
    signaturePolicy,
    trustAnchors,
    allowInsecureTransport,
    minIndexVersion: table.integer('min_index_version', 0, Number.MAX_SAFE_INTEGER, 0),
    official: table.boolean('official', false),
    mirrors: table
      .strings('mirrors', [])
      .map((url) => usableUrl(table, 'mirrors', url, allowInsecureTransport)),
    credentialsFile: table.has('credentials_file') ? credentialsFile(table) : null,
    maxTrustedAge: age(table, 'max_trusted_age', repositoryDefaults.maxTrustedAge),
    maxIndexAge: age(table, 'max_index_age', repositoryDefaults.maxIndexAge),
    farmIds: table.strings('farm_ids', []),
    sdAllowSids: sids(table),
  }
  table.finish()
  if (signaturePolicy === 'required' && trustAnchors.length === 0) {
    table.fail('trust_anchors', 'needs at least one fingerprint while signature_policy is "required"')
  }
  return repository
}

function usableUrl(table: TomlTable, key: string, text: string, insecure: boolean): string {
  try {
    return checkBaseUrl(text, insecure)
  } catch (error) {
    if (error instanceof PeiError) return table.fail(key, `is not usable: ${error.message}`)
    throw error
  }
}

function credentialsFile(table: TomlTable): string {
  const path = table.string('credentials_file')
  const isPlain = path !== '' && !path.split('/').includes('..') && !path.endsWith('/')
  return isPlain ? path : table.fail('credentials_file', `must be the path of a file, not "${path}"`)
}

/** A duration of at least a second. */
function age(table: TomlTable, key: string, fallback: number): number {
  if (!table.has(key)) return fallback
  const text = table.string(key)
  const seconds = parseDuration(text)
  if (seconds !== undefined && seconds > 0) return seconds
  return table.fail(key, `must be a duration such as "30d" or "12h", not "${text}"`)
}

function sids(table: TomlTable): readonly string[] {
  const found = table.strings('sd_allow_sids', [])
  const wrong = found.find((sid) => !/^S-1(-(\d{1,10}|0x[0-9a-fA-F]{1,12}))(-\d{1,10}){1,15}$/.test(sid))
  if (wrong === undefined) return found
  return table.fail('sd_allow_sids', `holds "${wrong}", which is no SID such as "S-1-5-32-544"`)
}

/** The text of the file; keys with their default values are left out. */
export function formatRepositoryFile(repository: RepositoryConfiguration): string {
  const lines = [`base_url = ${quoted(repository.baseUrl)}`]
  if (repository.priority !== repositoryDefaults.priority) lines.push(`priority = ${repository.priority}`)
  lines.push(`signature_policy = ${quoted(repository.signaturePolicy)}`)
  lines.push(`trust_anchors = ${quotedList(repository.trustAnchors)}`)
  if (repository.allowInsecureTransport) lines.push('allow_insecure_transport = true')
  if (repository.minIndexVersion > 0) lines.push(`min_index_version = ${repository.minIndexVersion}`)
  if (repository.official) lines.push('official = true')
  if (repository.mirrors.length > 0) lines.push(`mirrors = ${quotedList(repository.mirrors)}`)
  if (repository.credentialsFile !== null) {
    lines.push(`credentials_file = ${quoted(repository.credentialsFile)}`)
  }
  if (repository.maxTrustedAge !== repositoryDefaults.maxTrustedAge) {
    lines.push(`max_trusted_age = "${repository.maxTrustedAge}s"`)
  }
  if (repository.maxIndexAge !== repositoryDefaults.maxIndexAge) {
    lines.push(`max_index_age = "${repository.maxIndexAge}s"`)
  }
  if (repository.farmIds.length > 0) lines.push(`farm_ids = ${quotedList(repository.farmIds)}`)
  if (repository.sdAllowSids.length > 0) lines.push(`sd_allow_sids = ${quotedList(repository.sdAllowSids)}`)
  return `${lines.join('\n')}\n`
}

/** `a-z 0-9 -`, 1 to 64 characters. */
export function isRepositoryName(name: string): boolean {
  return /^[a-z0-9-]{1,64}$/.test(name)
}

export function isFingerprint(text: string): boolean {
  return /^[0-9a-f]{64}$/.test(text)
}

const quotedList = (texts: readonly string[]): string => `[${texts.map(quoted).join(', ')}]`

/** A TOML basic string: what JSON escapes, TOML reads; DEL is the one character that only TOML wants escaped. */
function quoted(text: string): string {
  return JSON.stringify(text).replaceAll('\u007f', '\\u007f')
}
