/**
 * The repository's way out: published, then uploaded. An upload that fails is tried again on its own, for what it would
 * carry is published already (§16.4); and an index that nobody touched is signed anew before consumers find it stale (§16.19).
 */
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { formatGoDuration } from '../config/duration.ts'
import { reasonOf } from '../native/errors.ts'
import { timestampOf } from './clock.ts'
import type { Context } from './context.ts'
import { backOff } from './failures.ts'
import type { UploadPending } from './model.ts'
import { publishStaged } from './publish.ts'
import { reportFailure } from './report-failure.ts'
import { uploadRepository } from './upload.ts'

export interface Publication {
  /** Publishes and uploads. Throws when nothing was published; an upload that failed is the result. */
  publish(own: readonly string[]): Promise<{ readonly uploadError: unknown }>
  /** What is due now: an upload that failed, then new signatures. Never throws. */
  tend(): Promise<void>
  /** When there is something to tend; undefined: never. */
  readonly due: number | undefined
  readonly pending: UploadPending | undefined
}

/** `uploaded` is called whenever all that is published has arrived. */
export function createPublication(context: Context, uploaded: () => void): Publication {
  const { settings, state, clock, log, archive } = context
  let failures = 0
  let nextRetry: number | undefined
  let resignFailures = 0
  let resignNotBefore = 0

  /** The error, if any. */
  async function upload(): Promise<unknown> {
    if (settings.uploadBackend === 'none') return undefined
    try {
      await uploadRepository(context)
    } catch (error) {
      failures += 1
      nextRetry = clock.now() + backOff(failures)
      reportFailure(context, { what: 'upload', error: reasonOf(error), failures })
      return error
    }
    failures = 0
    nextRetry = undefined
    rmSync(state.uploadPending, { force: true })
    uploaded()
    return undefined
  }

  async function publish(own: readonly string[]): Promise<{ readonly uploadError: unknown }> {
    const before = generation()
    const noted = settings.uploadBackend !== 'none' && !existsSync(state.uploadPending)
    // Noted first: a kill between the two leads to an upload too many, never to one too few.
    if (noted) writeFileSync(state.uploadPending, `${timestampOf(clock.now())}\n`)
    try {
      await publishStaged(context, own)
    } catch (error) {
      if (noted && generation() === before) rmSync(state.uploadPending)
      throw error
    }
    return { uploadError: await upload() }
  }

  function generation(): number | undefined {
    try {
      return archive.read().generatedAt
    } catch {
      return undefined
    }
  }

  async function retryUpload(): Promise<void> {
    const error = await upload()
    if (error === undefined) log.info('upload complete', { remote: settings.uploadRemote })
    else logUpload(error)
  }

  /** Publishes nothing but new signatures. */
  async function resign(): Promise<void> {
    try {
      const { uploadError } = await publish([])
      resignFailures = 0
      log.info('repository signed anew')
      if (uploadError !== undefined) logUpload(uploadError)
    } catch (error) {
      resignFailures += 1
      resignNotBefore = clock.now() + backOff(resignFailures)
      log.error('signing anew failed', { err: reasonOf(error) })
      reportFailure(context, { what: 'resign', error: reasonOf(error), failures: resignFailures })
    }
  }

  function logUpload(error: unknown): void {
    log.error('upload failed', {
      err: reasonOf(error),
      next_retry_after: formatGoDuration(backOff(failures)),
    })
  }

  function resignDue(): number {
    const made = generation()
    if (settings.resignAfter === 0 || made === undefined) return Number.POSITIVE_INFINITY
    return Math.max(made + settings.resignAfter, resignNotBefore)
  }

  function uploadDue(): number {
    if (settings.uploadBackend === 'none' || !existsSync(state.uploadPending)) return Number.POSITIVE_INFINITY
    return nextRetry ?? 0
  }

  return {
    publish,
    async tend() {
      if (uploadDue() <= clock.now()) await retryUpload()
      if (resignDue() <= clock.now()) await resign()
    },
    get due() {
      const due = Math.min(uploadDue(), resignDue())
      return Number.isFinite(due) ? due : undefined
    },
    get pending() {
      return Number.isFinite(uploadDue()) ? { failures, nextRetry } : undefined
    },
  }
}
