/** What all readers of TOML here need of smol-toml. */
import { TomlDate, type TomlError } from 'smol-toml'

export type TomlValues = Readonly<Record<string, unknown>>

export function isTomlTable(value: unknown): value is TomlValues {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof TomlDate)
}

/** Why a text is not TOML, on one line; where is `error.line`. */
export function tomlReason(error: TomlError): string {
  return error.message.split('\n')[0]?.replace(/^Invalid TOML document: /, '') ?? ''
}
