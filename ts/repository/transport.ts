/** Gets bytes from an address, whatever its scheme; bounded, patient, and never waiting for ever. */
import { compileWasmQuickly } from '../native/engine.ts'
import { PeiError } from '../native/errors.ts'
import type { FetchedDocument } from '../native/fetched.ts'
import { collect, collectLarge } from './collect.ts'
import {
  type Ask,
  type FetchRequest,
  type OpenSource,
  patience,
  type TransportOptions,
  type Validators,
} from './fetch-request.ts'
import { type PackageSink, receive } from './receive.ts'
import { checkScheme, isLocal } from './resolve-url.ts'
import { patiently } from './retry.ts'

export interface Transport {
  /** A small document as a whole. Throws PEI_FETCH_…, PEI_CANCELLED. */
  document(request: FetchRequest): Promise<Buffer>
  /** As `document`, but null when the server says that there is none. */
  optionalDocument(request: FetchRequest): Promise<Buffer | null>
  /** A document that may be large; null when the server says that it is still the one that `unless` names. */
  largeDocument(request: FetchRequest, unless: Validators | null): Promise<LargeDocument | null>
  /** Hands over a file piece by piece as it arrives, from where `sink` stands; bytes are never transformed. */
  stream(request: FetchRequest, sink: PackageSink): Promise<void>
  /** Closes idle connections; nothing may be under way. */
  close(): Promise<void>
}

interface LargeDocument {
  readonly document: FetchedDocument
  readonly validators: Validators
}

function loadHttp(): Promise<typeof import('./http.ts')> {
  compileWasmQuickly()
  return import('./http.ts')
}

/** The HTTP library is loaded with the first address that needs it. */
export function openTransport(options: TransportOptions): Transport {
  let http: Promise<{ open: OpenSource; close(): Promise<void> }> | undefined
  const openHttp = async () => {
    http ??= loadHttp().then(({ openHttpClient }) => openHttpClient(options))
    return await http
  }
  const open: OpenSource = async (request, ask) => {
    options.signal.throwIfAborted()
    checkScheme(request.address, request.location)
    if (!isLocal(request.address)) return await (await openHttp()).open(request, ask)
    const { openLocalFile } = await import('./local-file.ts')
    return await openLocalFile(request.address, request.limit)
  }
  const attempted = <T>(request: FetchRequest, attempt: () => Promise<T>) =>
    reported(request, options.signal, () => patiently(options.patience ?? patience, options.signal, attempt))
  const whole = async (request: FetchRequest, ask: Ask) => {
    const answer = await open(request, ask)
    return answer.kind === 'whole' || answer.kind === 'rest' ? answer : answer.kind
  }
  const optionalDocument = (request: FetchRequest) =>
    attempted(request, async () => {
      const answer = await whole(request, { encoded: true })
      return typeof answer === 'string' ? null : await collect(answer, request)
    })
  return {
    optionalDocument,
    document: async (request) => (await optionalDocument(request)) ?? absent(request),
    largeDocument: (request, unless) =>
      attempted(request, async () => {
        const answer = await whole(request, { encoded: true, ...(unless === null ? {} : { unless }) })
        if (answer === 'absent') return absent(request)
        if (answer === 'unchanged') return null
        const document = await collectLarge(answer, request, options.progress)
        return { document, validators: answer.validators }
      }),
    stream: (request, sink) => attempted(request, () => receive(open, request, sink)),
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
