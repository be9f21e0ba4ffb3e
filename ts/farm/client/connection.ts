/** HTTP to one farm, for clients and workers: nothing but Node's own modules, so that a worker needs nothing else. */
import {
  type ClientRequest,
  type IncomingMessage,
  Agent as PlainAgent,
  request as plainRequest,
} from 'node:http'
import { Agent as TlsAgent, request as tlsRequest } from 'node:https'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { PeiError, reasonOf } from '../../native/errors.ts'
import { apiVersion, versionHeader } from '../api/version.ts'
import { FarmRefusal, otherVersion, readRefusal, unreachable } from './refusal.ts'

interface Question {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** From `paths`, with its query. */
  readonly path: string
  /** Sent as JSON. */
  readonly json?: unknown
  /** Sent as it is. */
  readonly body?: Buffer | { readonly stream: () => Readable; readonly bytes: number }
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
  /** How long nothing may come or go, in milliseconds; default 30 s. */
  readonly silenceMs?: number
}

export interface Connection {
  /** Without a slash at its end. */
  readonly remote: string
  /** The answer's JSON. Throws FarmRefusal, PEI_FARM_UNREACHABLE, or the signal's reason. */
  ask<T>(question: Question): Promise<T>
  /** A good answer, whose body the caller reads to its end or destroys. */
  open(question: Question): Promise<IncomingMessage>
  close(): void
}

/** More than any document of the API. */
const MOST = 256 * 2 ** 20
const SILENCE = 30_000

/** `token`: undefined where nobody gave one, which the server refuses by name. */
export function connect(remote: string, token: string | undefined): Connection {
  const base = new URL(remote)
  const tls = base.protocol === 'https:'
  const agent = tls ? new TlsAgent({ keepAlive: true }) : new PlainAgent({ keepAlive: true })
  const common = {
    [versionHeader]: String(apiVersion),
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  }
  const open = async (question: Question): Promise<IncomingMessage> => {
    question.signal?.throwIfAborted()
    const { method, path, headers } = question
    const { bytes, type } = bodyOf(question)
    const request = (tls ? tlsRequest : plainRequest)(
      new URL(base.pathname.replace(/\/$/, '') + path, base),
      {
        method,
        agent,
        headers: {
          ...common,
          ...headers,
          ...(type === undefined ? {} : { 'content-type': type }),
          ...(bytes === undefined ? {} : { 'content-length': bytes }),
        },
      },
    )
    const answer = await answerOf(request, question, remote)
    checkVersion(answer, remote)
    const { statusCode = 0 } = answer
    if (statusCode >= 200 && statusCode < 300) return answer
    throw await readRefusal(answer, await textOf(answer, remote, 65_536))
  }
  return {
    remote,
    open,
    async ask<T>(question: Question): Promise<T> {
      const answer = await open(question)
      const text = await textOf(answer, remote, MOST)
      try {
        return (text === '' ? undefined : JSON.parse(text)) as T
      } catch (error) {
        throw unreachable(remote, `its answer is no JSON: ${reasonOf(error)}`)
      }
    },
    close: () => agent.destroy(),
  }
}

interface Body {
  readonly bytes?: number
  readonly type?: string
}

function bodyOf({ method, json, body }: Question): Body {
  if (json !== undefined) return { bytes: Buffer.byteLength(JSON.stringify(json)), type: 'application/json' }
  if (body !== undefined) {
    const bytes = Buffer.isBuffer(body) ? body.length : body.bytes
    return { bytes, type: 'application/octet-stream' }
  }
  return method === 'POST' || method === 'PUT' || method === 'PATCH' ? { bytes: 0 } : {}
}

async function answerOf(
  request: ClientRequest,
  question: Question,
  remote: string,
): Promise<IncomingMessage> {
  const { signal, silenceMs = SILENCE } = question
  const abort = () => request.destroy(new Aborted())
  signal?.addEventListener('abort', abort, { once: true })
  request.setTimeout(silenceMs, () => request.destroy(new Error(`no answer within ${silenceMs / 1000} s`)))
  try {
    const answered = new Promise<IncomingMessage>((resolve, reject) => {
      request.on('response', resolve)
      // Stays: what fails later is an error of the body, or of nobody.
      request.on('error', reject)
    })
    // A refusal may come before all is sent, and the connection be closed then: the answer counts.
    const sent = send(request, question)
    sent.catch(() => {})
    const answer = await answered
    answer.once('close', () => signal?.removeEventListener('abort', abort))
    return answer
  } catch (error) {
    signal?.removeEventListener('abort', abort)
    signal?.throwIfAborted()
    throw unreachable(remote, whyOf(error), error)
  }
}

const untrusted =
  /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_VERIFY_LEAF_SIGNATURE|UNABLE_TO_GET_ISSUER_CERT(_LOCALLY)?)$/

/** What is wrong with TLS says nothing of what to do. */
function whyOf(error: unknown): string {
  const { code } = error as { readonly code?: unknown }
  if (typeof code === 'string' && untrusted.test(code)) {
    return `${reasonOf(error)}: name the file of whoever signed its certificate in NODE_EXTRA_CA_CERTS`
  }
  return code === 'EPROTO' ? 'what answers there speaks no TLS' : reasonOf(error)
}

class Aborted extends Error {}

async function send(request: ClientRequest, { json, body }: Question): Promise<void> {
  if (json !== undefined) request.end(JSON.stringify(json))
  else if (body === undefined || Buffer.isBuffer(body)) request.end(body)
  else await pipeline(body.stream(), request)
}

function checkVersion(answer: IncomingMessage, remote: string): void {
  const theirs = answer.headers[versionHeader]
  const { statusCode: status = 0 } = answer
  if (theirs === String(apiVersion) || status === 400) return
  answer.destroy()
  // Of a proxy before a server that is being restarted, which will be there again.
  if (theirs === undefined && status >= 500)
    throw unreachable(remote, `a proxy answers with status ${status}`)
  throw otherVersion(remote, theirs, status)
}

async function textOf(answer: IncomingMessage, remote: string, most: number): Promise<string> {
  const parts: Buffer[] = []
  let bytes = 0
  try {
    for await (const part of answer) {
      bytes += (part as Buffer).length
      if (bytes > most)
        throw new PeiError('PEI_FARM_REFUSED', `the answer of ${remote} is larger than ${most} bytes`)
      parts.push(part as Buffer)
    }
  } catch (error) {
    if (error instanceof PeiError) throw error
    throw unreachable(remote, reasonOf(error), error)
  }
  return Buffer.concat(parts).toString()
}

/** Whether the same question may be answered later. */
export function isPassing(error: unknown): boolean {
  if (error instanceof FarmRefusal) return error.status >= 500 || error.status === 429 || error.status === 408
  return error instanceof PeiError && error.code === 'PEI_FARM_UNREACHABLE'
}
