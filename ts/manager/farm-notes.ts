/**
 * `state_dir/farm/`: one note for each job that was handed to a farm, durable before the job is submitted and there until it is done with.
 * So a manager that was killed finds its job again; the name in it, which the farm takes once only, tells whether it was accepted.
 */
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import type { StateDirectory } from './state-directory.ts'

export interface FarmNote {
  readonly server: string
  /** Of the job, at the farm. */
  readonly name: string
  /** SHA-256 of what was asked for. */
  readonly request: string
  /** What it was made for. */
  readonly recipe: string
  readonly git: string
  readonly tag: string
  readonly captured: string
  readonly commit: string
  readonly version: string
}

type Key = Pick<FarmNote, 'recipe' | 'version'>

/** Bytes: more was not written by this program. */
const MOST = 64 * 1024

export function writeNote({ farm }: StateDirectory, note: FarmNote): void {
  mkdirSync(farm, { recursive: true, mode: 0o755 })
  const path = pathOf(farm, note)
  const file = openSync(`${path}.tmp`, 'w', 0o644)
  try {
    writeSync(file, JSON.stringify(note))
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  renameSync(`${path}.tmp`, path)
  sync(farm)
}

export function removeNote({ farm }: StateDirectory, key: Key): void {
  rmSync(pathOf(farm, key), { force: true })
}

export function readNote({ farm }: StateDirectory, key: Key): FarmNote | undefined {
  return parse(pathOf(farm, key))
}

export function readNotes({ farm }: StateDirectory): readonly FarmNote[] {
  let names: readonly string[]
  try {
    names = readdirSync(farm)
  } catch {
    return []
  }
  return names.filter((name) => name.endsWith('.json')).flatMap((name) => parse(join(farm, name)) ?? [])
}

/** Half of a note is none: nothing was submitted for it. */
function parse(path: string): FarmNote | undefined {
  try {
    const bytes = readFileSync(path)
    const note: unknown = bytes.length > MOST ? undefined : JSON.parse(bytes.toString())
    return isNote(note) ? note : undefined
  } catch {
    return undefined
  }
}

const fields = ['server', 'name', 'request', 'recipe', 'git', 'tag', 'captured', 'commit', 'version'] as const

const isNote = (value: unknown): value is FarmNote =>
  typeof value === 'object' &&
  value !== null &&
  fields.every((field) => typeof (value as Partial<Record<string, unknown>>)[field] === 'string')

const pathOf = (farm: string, { recipe, version }: Key): string =>
  join(farm, `${encodeURIComponent(`${recipe}-${version}`)}.json`)

function sync(directory: string): void {
  const file = openSync(directory, 'r')
  try {
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}
