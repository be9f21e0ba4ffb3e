/** The configuration of peipkg-manager: one strict TOML file (file 9, §5, §16.22). */
import { closeSync, openSync, readSync } from 'node:fs'
import { PeiError, reasonOf } from '../native/errors.ts'
import { decodeManagerFile } from './manager-decode.ts'
import { checkManagerRules } from './manager-rules.ts'

/** Paths are as written. Durations are milliseconds, sizes bytes; a text that is not there is empty. */
export interface ManagerConfiguration {
  /** The farm's id. */
  readonly id: string
  readonly recipesDir: string
  readonly stateDir: string
  readonly repoName: string
  readonly repoDescription: string
  /** A repository that nothing was published to for so long is signed anew; 0: never. */
  readonly resignAfter: number
  readonly signingKeyFile: string
  readonly uploadBackend: 'none' | 'rclone'
  readonly uploadRemote: string
  readonly uploadOrder: 'single' | 'two-pass'
  /** Go's form of a listen address; empty: no server. */
  readonly httpAddr: string
  readonly webhookSecretFile: string
  /** Who may see the page and the logs. */
  readonly page: 'loopback' | 'public' | 'off'
  readonly forgejoSecretFile: string
  readonly gitlabTokenFile: string
  readonly defaultInterval: number
  readonly signingKeys: readonly BinarySigningKey[]
  readonly grants: readonly Grant[]
  readonly limits: {
    readonly git: number
    readonly build: number
    readonly minFree: number
    readonly concurrentPolls: number
    readonly logsPerRecipe: number
  }
  /** A farm that builds in this manager's place; empty: none. */
  readonly farmServer: string
  readonly farmTokenFile: string
  /** A program with its arguments; empty: none. */
  readonly notifyCommand: readonly string[]
}

/** A key that recipes may be granted. */
export interface BinarySigningKey {
  readonly name: string
  /** The file with the private key. */
  readonly privateKey: string
  /** The variable that its public half is handed to builds in; empty: it cannot be injected. */
  readonly pubkeyEnv: string
}

/** What one recipe may do with the keys. */
export interface Grant {
  readonly recipe: string
  readonly injectPubkey: readonly string[]
  readonly sign: readonly string[]
}

const MOST_BYTES = 4 * 2 ** 20

/**
 * Throws PEI_IO (`read config PATH: …`) when the file cannot be read, and PEI_CONFIG_INVALID (`parse PATH: …`,
 * `validate PATH: …`), a ManagerFileError, for what is in it.
 */
export async function readManagerConfiguration(path: string): Promise<ManagerConfiguration> {
  let bytes: Buffer
  try {
    bytes = readBounded(path)
  } catch (error) {
    throw new PeiError('PEI_IO', `read config ${path}: ${reasonOf(error)}`, { cause: error })
  }
  return await parseManagerConfiguration(path, bytes)
}

/** `path` is for messages. */
export async function parseManagerConfiguration(path: string, bytes: Buffer): Promise<ManagerConfiguration> {
  const decoded = await decodeManagerFile(path, bytes)
  await checkManagerRules(decoded)
  return decoded.configuration
}

function readBounded(path: string): Buffer {
  const file = openSync(path, 'r')
  try {
    const bytes = Buffer.alloc(MOST_BYTES + 1)
    let length = 0
    for (let read = -1; read !== 0 && length < bytes.length; length += read) {
      read = readSync(file, bytes, length, bytes.length - length, null)
    }
    if (length > MOST_BYTES) throw new Error(`larger than ${MOST_BYTES} bytes`)
    return Buffer.from(bytes.subarray(0, length))
  } finally {
    closeSync(file)
  }
}
