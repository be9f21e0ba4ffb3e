/** The configuration of peipkg-manager: one strict TOML file (file 9, §5, §16.22). */
import { closeSync, openSync, readSync } from 'node:fs'
import { PeiError, reasonOf } from '../native/errors.ts'
import { decodeManagerFile } from './manager-decode.ts'
import { checkManagerRules } from './manager-rules.ts'
import type { BinarySigningKey, ManagerConfiguration } from './manager-settings.ts'

export type { BinarySigningKey, ManagerConfiguration }

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
