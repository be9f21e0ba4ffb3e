/** One configured repository: `<root>/conf/peipkg/<name>.repo`, flat TOML (file 4). */
import { PeiError } from '../native/errors.ts'
import { checkBaseUrl } from './base-url.ts'
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
}

const defaultPriority = 50

/** Keys of the format that this release does not act on: refused, because to ignore a guard would be worse. */
const notYet = [
  'mirrors',
  'credentials_file',
  'max_trusted_age',
  'max_index_age',
  'farm_ids',
  'sd_allow_sids',
] as const

/** Throws PEI_CONFIG_INVALID naming file, line and key. `file` is for messages. */
export function parseRepositoryFile(
  name: string,
  file: string,
  text: string,
): Promise<RepositoryConfiguration> {
  return readToml(file, text, (table) => readRepository(name, table))
}

function readRepository(name: string, table: TomlTable): RepositoryConfiguration {
  for (const key of notYet) {
    if (table.has(key)) table.fail(key, 'is not supported by this release: remove it')
  }
  const allowInsecureTransport = table.boolean('allow_insecure_transport', false)
  const signaturePolicy = table.oneOf('signature_policy', ['required', 'optional'], 'required')
  const trustAnchors = table.strings('trust_anchors', [])
  for (const anchor of trustAnchors) {
    if (!isFingerprint(anchor)) table.fail('trust_anchors', `holds "${anchor}", which is no fingerprint`)
  }
  const repository = {
    name,
    baseUrl: baseUrl(table, allowInsecureTransport),
    priority: table.integer('priority', 1, 2 ** 31 - 1, defaultPriority),
    signaturePolicy,
    trustAnchors,
    allowInsecureTransport,
    minIndexVersion: table.integer('min_index_version', 0, Number.MAX_SAFE_INTEGER, 0),
    official: table.boolean('official', false),
  }
  table.finish()
  if (signaturePolicy === 'required' && trustAnchors.length === 0) {
    table.fail('trust_anchors', 'needs at least one fingerprint while signature_policy is "required"')
  }
  return repository
}

function baseUrl(table: TomlTable, insecure: boolean): string {
  const text = table.string('base_url')
  try {
    return checkBaseUrl(text, insecure)
  } catch (error) {
    if (error instanceof PeiError) return table.fail('base_url', `is not usable: ${error.message}`)
    throw error
  }
}

/** The text of the file; keys with their default values are left out. */
export function formatRepositoryFile(repository: RepositoryConfiguration): string {
  const lines = [`base_url = ${quoted(repository.baseUrl)}`]
  if (repository.priority !== defaultPriority) lines.push(`priority = ${repository.priority}`)
  lines.push(`signature_policy = ${quoted(repository.signaturePolicy)}`)
  lines.push(`trust_anchors = [${repository.trustAnchors.map(quoted).join(', ')}]`)
  if (repository.allowInsecureTransport) lines.push('allow_insecure_transport = true')
  if (repository.minIndexVersion > 0) lines.push(`min_index_version = ${repository.minIndexVersion}`)
  if (repository.official) lines.push('official = true')
  return `${lines.join('\n')}\n`
}

/** `a-z 0-9 -`, 1 to 64 characters. */
export function isRepositoryName(name: string): boolean {
  return /^[a-z0-9-]{1,64}$/.test(name)
}

export function isFingerprint(text: string): boolean {
  return /^[0-9a-f]{64}$/.test(text)
}

/** A TOML basic string: what JSON escapes, TOML reads; DEL is the one character that only TOML wants escaped. */
function quoted(text: string): string {
  return JSON.stringify(text).replaceAll('\u007f', '\\u007f')
}
