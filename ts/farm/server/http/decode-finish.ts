/** How a worker says that an attempt is over. */
import type { FinishRequest } from '../../api/attempt.ts'
import type { AttemptResult } from '../../api/result.ts'
import { Fields } from '../decode.ts'

const kinds = ['exited', 'signalled', 'timed out', 'silent', 'cancelled', 'infrastructure'] as const

export function decodeFinish(value: unknown): FinishRequest {
  const fields = new Fields(value, 'finish')
  const request: FinishRequest = {
    result: decodeResult(fields.object('result')),
    artifacts: fields.list('artifacts', 100_000, (entry, where) => {
      const artifact = new Fields(entry, where)
      return {
        name: artifact.text('name', 4096),
        sha256: artifact.text('sha256', 64, /^[0-9a-f]{64}$/),
        bytes: artifact.integer('bytes', 0, Number.MAX_SAFE_INTEGER),
      }
    }),
    log_bytes: fields.integer('log_bytes', 0, Number.MAX_SAFE_INTEGER),
    ...(fields.has('build') ? { build: decodeBuild(fields.object('build')) } : {}),
    sandbox: fields.oneOf('sandbox', ['bwrap', 'unshare', 'none']),
  }
  fields.finish()
  return request
}

function decodeResult(fields: Fields): AttemptResult {
  const kind = fields.oneOf('kind', kinds)
  if (kind === 'exited') return { kind, code: fields.integer('code', 0, 255) }
  if (kind === 'signalled') return { kind, signal: fields.integer('signal', 1, 255) }
  if (kind === 'infrastructure') return { kind, reason: fields.text('reason', 65_536) }
  return { kind }
}

function decodeBuild(fields: Fields): { readonly commit: string; readonly timestamp: string } {
  return {
    commit: fields.text('commit', 64, /^([0-9a-f]{40}|[0-9a-f]{64})?$/),
    timestamp: fields.text('timestamp', 20, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
  }
}
