/** Bodies of requests: JSON within a bound, bytes within a bound, streams as they come. */
import type { IncomingMessage } from 'node:http'
import { Refusal } from '../refusal.ts'

/** A job with its files, base64 included. */
const MOST_JSON = 96 << 20

export const MOST_PIECE = 16 << 20

export async function readJson(request: IncomingMessage, most = MOST_JSON): Promise<unknown> {
  const bytes = await readBytes(request, most)
  if (bytes.length === 0) return {}
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    throw new Refusal('bad-request', 'the body is no JSON')
  }
}

export async function readBytes(request: IncomingMessage, most: number): Promise<Buffer> {
  const declared = Number(request.headers['content-length'] ?? 0)
  if (declared > most) throw tooLarge(most)
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > most) throw tooLarge(most)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

const tooLarge = (most: number) => new Refusal('too-large', `the body is larger than ${most} bytes`)
