/** `--upload`: every execution that has ended is posted elsewhere too; what fails is kept and tried again (file 10, Parts). */
import { createReadStream } from 'node:fs'
import { Readable } from 'node:stream'
import { readTextFile } from '../../config/text-file.ts'
import { reasonOf } from '../../native/errors.ts'
import type { Context } from './context.ts'
import { executionOf } from './ending.ts'
import type { ArtifactRow, ExecutionRow } from './rows.ts'
import { recordOf } from './views.ts'

const MINUTE = 60_000

/** At most a quarter of an hour apart. */
const pause = (failures: number): number => Math.min(15 * MINUTE, 5000 * 2 ** Math.min(failures, 10))

/** Of one request without an answer. */
const PATIENCE = 10 * MINUTE

export async function uploadDue(context: Context, signal: AbortSignal): Promise<void> {
  const { engine, settings, clock, problems, log } = context
  if (settings.upload === '') return
  const due = await engine.query<{ execution: string; failures: number }>(
    'select execution, failures from farm.uploads where next_try <= $1 order by next_try limit 10',
    [clock.now()],
  )
  for (const { execution, failures } of due) {
    if (signal.aborted) return
    try {
      const row = await executionOf(context, execution)
      if (row !== undefined) await uploadOne(context, row, signal)
      await engine.query('delete from farm.uploads where execution = $1', [execution])
      problems.delete('upload')
    } catch (error) {
      const problem = causeOf(error)
      problems.set('upload', `upload to ${settings.upload} fails: ${problem}`)
      log.warn('upload failed', { execution, err: problem })
      await engine.query(
        'update farm.uploads set failures = $2, next_try = $3, problem = $4 where execution = $1',
        [...[execution, failures + 1, clock.now() + pause(failures), problem]],
      )
    }
  }
}

/** The record last: who has it, has all. */
async function uploadOne(context: Context, row: ExecutionRow, signal: AbortSignal): Promise<void> {
  const { logs, store, engine } = context
  const artifacts = await engine.query<ArtifactRow>(
    'select * from farm.artifacts where execution = $1 order by name',
    [row.id],
  )
  if (row.log_bytes > 0) await post(context, row, 'log', logs.path(row.id), signal)
  for (const { name, sha256 } of artifacts) {
    await post(context, row, `artifacts/${encodeURIComponent(name)}`, store.path(sha256), signal)
  }
  await send(context, row, 'record', JSON.stringify(await recordOf(context, row)), 'application/json', signal)
}

async function post(
  context: Context,
  row: ExecutionRow,
  part: string,
  path: string,
  signal: AbortSignal,
): Promise<void> {
  const body = Readable.toWeb(createReadStream(path, { highWaterMark: 1 << 18 })) as ReadableStream
  await send(context, row, part, body, 'application/octet-stream', signal)
}

async function send(
  { settings }: Context,
  { id }: ExecutionRow,
  part: string,
  body: ReadableStream | string,
  type: string,
  signal: AbortSignal,
): Promise<void> {
  const response = await fetch(`${settings.upload.replace(/\/+$/, '')}/${id}/${part}`, {
    method: 'POST',
    headers: { 'Content-Type': type, ...credentialsOf(settings) },
    body,
    redirect: 'error',
    signal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE)]),
    ...(typeof body === 'string' ? {} : { duplex: 'half' }),
  } as RequestInit)
  await response.arrayBuffer()
  if (!response.ok) throw new Error(`${part}: HTTP status ${response.status}`)
}

/** Read each time: a token that was renewed counts from then on. */
function credentialsOf({ uploadTokenFile: path }: Context['settings']): Readonly<Record<string, string>> {
  if (path === '') return {}
  const token = readTextFile(path, 4096).trim()
  if (!/^[!-~]+$/.test(token)) throw new Error(`upload_token_file ${path} is not one line that holds a token`)
  return { Authorization: `Bearer ${token}` }
}

/** `fetch failed` says nothing; what caused it does. */
function causeOf(error: unknown): string {
  const cause = (error as { cause?: unknown }).cause
  return cause === undefined ? reasonOf(error) : reasonOf(cause)
}
