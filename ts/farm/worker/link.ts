/** What a worker says to the server about the attempt that it has. */
import { createReadStream } from 'node:fs'
import type { ArtifactAnswer, Attempt, FinishRequest, HeartbeatAnswer, LogAnswer } from '../api/attempt.ts'
import { paths } from '../api/paths.ts'
import { attemptHeader, digestHeader, offsetHeader } from '../api/version.ts'
import type { Connection } from '../client/connection.ts'
import { FarmRefusal } from '../client/refusal.ts'

export interface Artifact {
  /** Below the job's directory, `/` between its parts. */
  readonly name: string
  readonly path: string
  readonly bytes: number
  readonly sha256: string
}

export interface AttemptLink {
  heartbeat(): Promise<HeartbeatAnswer>
  /** Returns how much of the log the server has. */
  log(offset: number, bytes: Buffer): Promise<number>
  /** What the server has of it. */
  uploaded(name: string): Promise<number>
  /** From `offset` on. */
  upload(artifact: Artifact, offset: number): Promise<ArtifactAnswer>
  finish(request: FinishRequest): Promise<void>
}

/** A heartbeat that takes longer says nothing any more. */
const HEARTBEAT_SILENCE = 5000
const SILENCE = 20_000

/** `signal`: the attempt is over, whoever ended it. */
export function attemptLink(connection: Connection, attempt: Attempt, signal: AbortSignal): AttemptLink {
  const { execution, token } = attempt
  const headers = { [attemptHeader]: token }
  return {
    heartbeat: () =>
      connection.ask({
        method: 'POST',
        path: paths.heartbeat(execution),
        headers,
        signal,
        silenceMs: HEARTBEAT_SILENCE,
      }),
    async log(offset, bytes) {
      const path = paths.attemptLog(execution, offset)
      try {
        const question = { method: 'POST', path, headers, body: bytes, signal, silenceMs: SILENCE } as const
        return (await connection.ask<LogAnswer>(question)).offset
      } catch (error) {
        // It has less than it said, after a crash: what is missing is sent again.
        if (error instanceof FarmRefusal && error.word === 'gap' && typeof error.answer.offset === 'number') {
          return error.answer.offset
        }
        throw error
      }
    },
    async uploaded(name) {
      const path = paths.upload(execution, name)
      try {
        const answer = await connection.open({ method: 'HEAD', path, headers, signal, silenceMs: SILENCE })
        answer.resume()
        return Number(answer.headers[offsetHeader] ?? 0)
      } catch (error) {
        // An answer to HEAD has no words: whether the attempt is still ours, the PUT will say.
        if (error instanceof FarmRefusal && [404, 409].includes(error.status)) return 0
        throw error
      }
    },
    upload({ name, path, bytes, sha256 }, offset) {
      const left = bytes - offset
      return connection.ask({
        method: 'PUT',
        path: paths.upload(execution, name),
        headers: {
          ...headers,
          [digestHeader]: sha256,
          'content-range': left === 0 ? `bytes */${bytes}` : `bytes ${offset}-${bytes - 1}/${bytes}`,
        },
        body:
          left === 0
            ? Buffer.alloc(0)
            : { stream: () => createReadStream(path, { start: offset }), bytes: left },
        signal,
        silenceMs: SILENCE,
      })
    },
    async finish(request) {
      const path = paths.finish(execution)
      await connection.ask({ method: 'POST', path, headers, json: request, signal, silenceMs: SILENCE })
    },
  }
}
