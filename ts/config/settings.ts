/** The configuration of the whole: `<root>/conf/peipkg/peipkg.toml` (file 5). Every key is optional. */
import { parseSize } from './quantity.ts'
import { readToml, type TomlTable } from './toml.ts'

export interface Settings {
  /** Raised limits of packages, by the names that the core knows. */
  readonly limits: Readonly<Record<string, number>>
  readonly retention: { readonly transactions: number; readonly days: number; readonly bytes: number }
  readonly durability: 'auto' | 'syncfs' | 'fsync' | 'none'
  /** The resolver's step limit. */
  readonly resolverSteps: number
  /** Downloads at a time. */
  readonly parallelDownloads: number
  /** Added to the built-in list. */
  readonly dropInDirectories: readonly string[]
  /** Packages that leave the system only with `--allow-critical`; `peipkg` always is one. */
  readonly critical: readonly string[]
  readonly allowLocalFiles: boolean
  /** Bytes that fetched packages may take once a command is done. */
  readonly cacheBytes: number
}

const gibibyte = 2 ** 30

/** Throws PEI_CONFIG_INVALID naming file, line and key. `file` is for messages. */
export function parseSettings(file: string, text: string): Promise<Settings> {
  return readToml(file, text, readSettings)
}

/** What holds without the file. */
export function defaultSettings(): Promise<Settings> {
  return parseSettings('', '')
}

function readSettings(table: TomlTable): Settings {
  const retention = table.table('retention')
  const most = Number.MAX_SAFE_INTEGER
  return {
    limits: limits(table.table('limits')),
    retention: {
      transactions: retention.integer('transactions', 0, most, 10),
      days: retention.integer('days', 0, 36_500, 7),
      bytes: size(retention, 'bytes', 2 * gibibyte),
    },
    durability: table.table('durability').oneOf('mode', ['auto', 'syncfs', 'fsync', 'none'], 'auto'),
    resolverSteps: table.table('resolver').integer('steps', 1, most, 1_000_000),
    parallelDownloads: table.table('network').integer('parallel_downloads', 1, 32, 8),
    dropInDirectories: table.strings('drop_in_directories', []),
    critical: table.strings('critical', []),
    allowLocalFiles: table.boolean('allow_local_files', true),
    cacheBytes: size(table.table('cache'), 'bytes', 2 * gibibyte),
  }
}

/** The core refuses names that it does not know, and values below its own. */
function limits(table: TomlTable): Readonly<Record<string, number>> {
  const names = table.keys()
  return Object.fromEntries(names.map((name) => [name, size(table, name, 0)]))
}

/** A number of bytes (or of things): an integer, or a text with a unit. */
function size(table: TomlTable, key: string, fallback: number): number {
  if (!table.has(key)) return fallback
  if (table.isString(key)) {
    const text = table.string(key)
    return parseSize(text) ?? table.fail(key, `must be a size such as "2GiB", not "${text}"`)
  }
  return table.integer(key, 0, Number.MAX_SAFE_INTEGER)
}
