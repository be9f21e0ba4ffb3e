/** The configuration of `peipkg-farm server`: `<config-dir>/farm.toml`, every key optional (file 10, Parts). */
import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { PeiError, reasonOf } from '../native/errors.ts'
import { parseListenAddress } from './listen-address.ts'
import { parseSize } from './quantity.ts'
import { readToml, type TomlTable } from './toml.ts'

/** Sizes are bytes, times milliseconds; a text that is not there is empty. */
export interface FarmSettings {
  /** The farm's name: on the page, in packages that it builds. */
  readonly id: string
  /** `127.0.0.1:1234`, `[::1]:1234`, `:1234`. */
  readonly listen: string
  readonly directory: string
  readonly configDirectory: string
  /** `postgres://…`; empty: embedded. */
  readonly database: string
  /** Where every finished execution is posted too; empty: nowhere. */
  readonly upload: string
  /** Of the token that goes along with it; empty: none does. */
  readonly uploadTokenFile: string
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error'
  readonly tlsCertificate: string
  readonly tlsKey: string
  /** The address of the proxy that names others in `X-Forwarded-For`; empty: none does. */
  readonly proxy: string
  readonly publish: { readonly repository: string; readonly signKey: string }
  readonly keep: { readonly executions: number; readonly days: number }
  readonly limits: {
    readonly artifact: number
    readonly output: number
    readonly log: number
    /** Uploads are refused when fewer bytes would be left. */
    readonly minFree: number
  }
}

/** What a command line says; undefined: the file decides. */
export interface FarmFlags {
  readonly listen?: string | undefined
  readonly directory?: string | undefined
  readonly database?: string | undefined
  readonly upload?: string | undefined
  readonly logLevel?: string | undefined
}

const bsd = process.platform === 'freebsd'

export const defaultConfigDirectory = bsd ? '/usr/local/etc/peipkg-farm' : '/etc/peipkg-farm'
const defaultDirectory = bsd ? '/var/db/peipkg-farm' : '/var/lib/peipkg-farm'
const levels = ['debug', 'info', 'warn', 'error'] as const

/** Throws PEI_CONFIG_INVALID with file, line and key, and PEI_IO when the file is there and cannot be read. */
export async function readFarmSettings(configDirectory: string, flags: FarmFlags): Promise<FarmSettings> {
  const file = join(configDirectory, 'farm.toml')
  const settings = await readToml(file, readText(file), (table) => shape(table, configDirectory))
  const { listen, directory, database, upload } = flags
  const merged: FarmSettings = {
    ...settings,
    ...defined({ listen, directory, database, upload }),
    ...(flags.logLevel === undefined ? {} : { logLevel: levelOf(flags.logLevel) }),
  }
  checkListen(merged.listen)
  checkDatabase(merged.database)
  checkUpload(merged.upload)
  return merged
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw new PeiError('PEI_IO', `cannot read ${file}: ${reasonOf(error)}`, { cause: error })
  }
}

function shape(table: TomlTable, configDirectory: string): FarmSettings {
  const publish = table.table('publish')
  const keep = table.table('keep')
  const limits = table.table('limits')
  const repository = publish.string('repo', '')
  const signKey = publish.string('sign_key', '')
  if (repository !== '' && signKey === '') publish.fail('sign_key', 'is needed beside "repo"')
  const settings: FarmSettings = {
    id: table.string('id', hostname()),
    listen: table.string('listen', '127.0.0.1:1234'),
    directory: table.string('dir', defaultDirectory),
    configDirectory,
    database: table.string('database', ''),
    upload: table.string('upload', ''),
    uploadTokenFile: table.string('upload_token_file', ''),
    logLevel: table.oneOf('log_level', levels, 'info'),
    tlsCertificate: table.string('tls_cert', ''),
    tlsKey: table.string('tls_key', ''),
    proxy: table.string('proxy', ''),
    publish: { repository, signKey },
    keep: {
      executions: keep.integer('executions', 1, 1_000_000, 50),
      days: keep.integer('days', 1, 36_500, 30),
    },
    limits: {
      artifact: size(limits, 'artifact', '4GiB'),
      output: size(limits, 'output', '16GiB'),
      log: size(limits, 'log', '1GiB'),
      minFree: size(limits, 'min_free', '64MiB'),
    },
  }
  if ((settings.tlsCertificate === '') !== (settings.tlsKey === '')) {
    table.fail(settings.tlsKey === '' ? 'tls_key' : 'tls_cert', 'is needed beside the other one')
  }
  if (settings.proxy !== '' && isIP(settings.proxy) === 0) {
    table.fail('proxy', `must be an address such as "127.0.0.1", not "${settings.proxy}"`)
  }
  return settings
}

function size(table: TomlTable, key: string, fallback: string): number {
  const text = table.string(key, fallback)
  return parseSize(text) ?? table.fail(key, `must be a size such as "2GiB", not "${text}"`)
}

function defined<T extends object>(values: { [Key in keyof T]: T[Key] | undefined }): Partial<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Partial<T>
}

function levelOf(text: string): FarmSettings['logLevel'] {
  const level = levels.find((known) => known === text)
  if (level !== undefined) return level
  throw invalid(`unknown log level "${text}" (want one of: ${levels.join(', ')})`)
}

function checkListen(address: string): void {
  try {
    parseListenAddress(address)
  } catch (error) {
    throw invalid(`"listen" is an address such as 127.0.0.1:1234, not "${address}": ${reasonOf(error)}`)
  }
}

function checkDatabase(url: string): void {
  if (url !== '' && !/^postgres(ql)?:\/\//.test(url)) {
    throw invalid('"database" is a URL such as postgres://user@host/name')
  }
}

function checkUpload(url: string): void {
  if (url !== '' && !/^https?:\/\/[^/]/.test(url))
    throw invalid(`"upload" is an http or https URL, not "${url}"`)
}

const invalid = (message: string): PeiError => new PeiError('PEI_CONFIG_INVALID', message)
