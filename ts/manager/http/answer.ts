/** Answers, each with the headers that keep a browser from making more of them than they are. */
import type { ServerResponse } from 'node:http'

const common = {
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cache-Control': 'no-store',
} as const

export const plainText = 'text/plain; charset=utf-8'

export function send(
  response: ServerResponse,
  status: number,
  type: string,
  body: string,
  more: Readonly<Record<string, string>> = {},
): void {
  const length = Buffer.byteLength(body)
  response.writeHead(status, { 'Content-Type': type, 'Content-Length': length, ...common, ...more })
  response.end(body)
}

/** 200, without a body. */
export function sendNothing(response: ServerResponse): void {
  response.writeHead(200, { 'Content-Length': 0, ...common }).end()
}

export function sendNotFound(response: ServerResponse): void {
  send(response, 404, plainText, '404 page not found\n')
}

/** Headers for a body that is sent piece by piece. */
export function begin(response: ServerResponse, type: string, more: Readonly<Record<string, string>>): void {
  response.writeHead(200, { 'Content-Type': type, ...common, ...more })
}

/** True, with 405 sent, unless the request only reads. */
export function refusesToWrite(method: string | undefined, response: ServerResponse): boolean {
  if (method === 'GET' || method === 'HEAD') return false
  send(response, 405, plainText, 'method not allowed\n', { Allow: 'GET, HEAD' })
  return true
}
