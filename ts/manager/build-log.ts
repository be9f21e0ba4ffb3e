/** The output of builds as files: `state_dir/logs/<recipe>/<start>_<version>.log`, the newest few of each recipe. */
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs'
import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { BuildLog } from './model.ts'

/** What one log may hold, in bytes; a build that prints for ever fills no disk. */
const MOST = 32 * 2 ** 20

export interface OpenLog {
  readonly name: string
  write(chunk: Buffer | string): void
  close(): void
}

export interface BuildLogs {
  /** Begins a log, and removes the oldest ones of the recipe. */
  open(recipe: string, version: string, now: number): Promise<OpenLog>
  /** Newest first. */
  list(recipe: string): Promise<readonly BuildLog[]>
  path(recipe: string, name: string): Promise<string | undefined>
}

export function createBuildLogs(directory: string, keep: number): BuildLogs {
  const of = (recipe: string) => join(directory, recipe)
  return {
    async open(recipe, version, now) {
      mkdirSync(of(recipe), { recursive: true })
      const log = openLog(of(recipe), `${compact(now)}_${version}.log`)
      for (const name of (await names(of(recipe))).slice(keep))
        await rm(join(of(recipe), name), { force: true })
      return log
    },
    async list(recipe) {
      if (!isComponent(recipe)) return []
      const logs = (await names(of(recipe))).map((name) => describe(of(recipe), name))
      return (await Promise.all(logs)).filter((log) => log !== undefined)
    },
    async path(recipe, name) {
      if (!isComponent(recipe) || !(await names(of(recipe))).includes(name)) return undefined
      return join(of(recipe), name)
    },
  }
}

function openLog(directory: string, name: string): OpenLog {
  const file = openSync(join(directory, name), 'a')
  let left = MOST
  return {
    name,
    write(chunk) {
      if (left <= 0) return
      const bytes = Buffer.from(chunk)
      writeSync(file, bytes.subarray(0, left))
      left -= bytes.length
      if (left <= 0) writeSync(file, `\n[cut: more than ${MOST} bytes]\n`)
    },
    close: () => closeSync(file),
  }
}

/** `20261121T090340.123Z`: sorts by time. */
function compact(time: number): string {
  return new Date(time).toISOString().replaceAll(/[-:]/g, '')
}

const pattern = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)([\d.]+Z)_(.+)\.log$/

/** Newest first; what we did not write is not listed. */
async function names(directory: string): Promise<readonly string[]> {
  const found = await readdir(directory).catch(() => [])
  return found.filter((name) => pattern.test(name)).sort((left, right) => (left < right ? 1 : -1))
}

async function describe(directory: string, name: string): Promise<BuildLog | undefined> {
  const found = await stat(join(directory, name)).catch(() => undefined)
  const [, year, month, day, hour, minute, second, version] = pattern.exec(name) ?? []
  if (found === undefined || version === undefined) return undefined
  const startedAt = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}`)
  return { name, version, bytes: found.size, startedAt }
}

/** Recipes are directory names; what a request names may be anything. */
function isComponent(name: string): boolean {
  return name !== '' && name !== '.' && name !== '..' && !/[/\0]/.test(name)
}
