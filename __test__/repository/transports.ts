/** Servers and transports that end with the test that opened them. */
import { afterEach } from 'vitest'
import { timeLimits } from '../../ts/repository/fetch-request.ts'
import { openTransport, type Transport } from '../../ts/repository/transport.ts'
import { serve, type TestServer } from './servers.ts'

/** Run after each test, the last one first. */
export const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

export function transport(options: Partial<Parameters<typeof openTransport>[0]> = {}): Transport {
  const opened = openTransport({ signal: new AbortController().signal, patience: hurried, ...options })
  cleanups.push(() => opened.close())
  return opened
}

export async function server(...parameters: Parameters<typeof serve>): Promise<TestServer> {
  const started = await serve(...parameters)
  cleanups.push(() => started.close())
  return started
}

export const request = (base: string, path: string, limit = 1000) => ({
  address: `${base}${path}`,
  location: { baseUrl: base, insecure: base.startsWith('http:') },
  limit,
})

export const failure = async (promise: Promise<unknown>): Promise<string> => {
  const error = await promise.then(
    () => undefined,
    (thrown) => thrown,
  )
  return `${error?.code} ${error?.message}`
}

/** Tries as often as the real one, without the pauses. */
const hurried = { attempts: 4, firstPause: 1, longestPause: 50 }

export const once = { ...hurried, attempts: 1 }

/** Short enough for a test, in the proportions of the real ones. */
export const hasty = { ...timeLimits, headers: 1500, idle: 400, window: 600, slowestBytes: 1000 }
