/** Gets bytes from an address, whatever its scheme; bounded, and never waiting for ever. */
import { PeiError } from '../native/errors.ts'
import { collect } from './collect.ts'
import type { FetchRequest, OpenSource, TransportOptions } from './fetch-request.ts'
import { checkScheme, isLocal } from './resolve-url.ts'

export interface Transport {
  /** A document as a whole. Throws PEI_FETCH_…, PEI_CANCELLED. */
  document(request: FetchRequest): Promise<Buffer>
  /** As `document`, but null when the server says that there is none. */
  optionalDocument(request: FetchRequest): Promise<Buffer | null>
  /** Hands over a file piece by piece as it arrives; bytes are never transformed. What `take` throws ends it. */
  stream(request: FetchRequest, take: (chunk: Buffer) => void): Promise<void>
  /** Closes idle connections; nothing may be under way. */
  close(): Promise<void>
}

/** The HTTP library is loaded with the first address that needs it. */
export function openTransport(options: TransportOptions): Transport {
  let http: Promise<{ open: OpenSource; close(): Promise<void> }> | undefined
  const openHttp = async () => {
    http ??= import('./http.ts').then(({ openHttpClient }) => openHttpClient(options))
    return await http
  }
  const open: OpenSource = async (request, compressed) => {
    options.signal.throwIfAborted()
    checkScheme(request.address, request.location)
    if (!isLocal(request.address)) return await (await openHttp()).open(request, compressed)
    const { openLocalFile } = await import('./local-file.ts')
    return await openLocalFile(request.address, request.limit)
  }
  const optionalDocument = (request: FetchRequest) =>
    reported(request, options.signal, async () => {
      const source = await open(request, true)
      return source === null ? null : await collect(source, request, options.progress)
    })
  return {
    optionalDocument,
    document: async (request) => (await optionalDocument(request)) ?? absent(request),
    stream: (request, take) =>
      reported(request, options.signal, async () => {
        const source = (await open(request, false)) ?? absent(request)
        for await (const chunk of source.chunks) take(chunk)
      }),
    close: async () => (await http)?.close(),
  }
}

function absent({ address }: FetchRequest): never {
  throw new PeiError('PEI_FETCH_STATUS', `${address} does not exist`)
}

/** Adds nothing to the PeiErrors of the layers below; names the address where they could not. */
async function reported<T>(request: FetchRequest, signal: AbortSignal, run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (error) {
    if (signal.aborted) throw new PeiError('PEI_CANCELLED', 'cancelled', { cause: error })
    if (error instanceof PeiError || !(error instanceof Error)) throw error
    if (isCoded(error)) throw error
    const { fetchError } = await import('./fetch-error.ts')
    throw fetchError(request.address, error)
  }
}

/** An error of the core (a cache file that cannot be written): passed on as it is. */
const isCoded = (error: Error): boolean => 'code' in error && String(error.code).startsWith('PEI_')
