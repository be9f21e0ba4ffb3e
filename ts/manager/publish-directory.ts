/** What lies in `publish/`: it must never hold what makes every later publication fail (§16.4). */
import { createHash } from 'node:crypto'
import { createReadStream, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { Context } from './context.ts'
import { reportFailure } from './report-failure.ts'

/** The packages in it, by name. */
export function stagedPackages({ state }: Context): readonly string[] {
  return readdirSync(state.publish)
    .filter((name) => name.endsWith('.peipkg'))
    .sort()
}

/** Drops what is archived already, byte for byte, and sets aside what is archived with other bytes. */
export async function sortOut(context: Context): Promise<void> {
  const { archive, state, log } = context
  const published = archive.read()
  for (const file of stagedPackages(context)) {
    const [name = '', version = '', ...rest] = file.slice(0, -'.peipkg'.length).split('_')
    const digest = published.digest(name, version, rest.join('_'))
    if (digest === undefined) continue
    if ((await digestOf(join(state.publish, file))) === digest) {
      rmSync(join(state.publish, file))
      log.info('staged file dropped (already published)', { file })
    } else {
      quarantine(context, [file], 'another package of that name, version and architecture is published')
    }
  }
}

/** Moves packages out of the way of all others; nothing deletes them. */
export function quarantine(context: Context, files: readonly string[], reason: string): void {
  setAside(context, files)
  for (const file of files) {
    context.log.error('staged file quarantined', { file, err: reason, dir: context.state.quarantine })
    reportFailure(context, { what: 'quarantine', error: `${file}: ${reason}` })
  }
}

export function setAside({ state }: Context, files: readonly string[]): void {
  if (files.length > 0) mkdirSync(state.quarantine, { recursive: true })
  for (const file of files) renameSync(join(state.publish, file), join(state.quarantine, file))
}

export function bringBack({ state }: Context, files: readonly string[]): void {
  for (const file of files) renameSync(join(state.quarantine, file), join(state.publish, file))
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash)
  return hash.digest('hex')
}
