/** Fetches packages into the cache: several at a time, the largest first, hashed while they stream (file 4). */
import { asPeiError, PeiError } from '../native/errors.ts'
import type { CacheWriter, System } from '../native/system.ts'
import type { OnProgress } from '../native/task.ts'
import { type AddressedFile, atFirst } from './mirrors.ts'
import type { PackageSink } from './receive.ts'
import type { Transport } from './transport.ts'

export interface WantedPackage {
  /** Where it is, in the order in which it is tried; at least one. */
  readonly places: readonly AddressedFile[]
  /** As the index entry says; both are enforced while the bytes arrive. */
  readonly sha256: string
  readonly size: number
  /** For people. */
  readonly filename: string
}

export interface DownloadContext {
  readonly system: System
  /** Opens a transport whose transfers end when `signal` aborts. */
  readonly open: (signal: AbortSignal) => Transport
  readonly signal: AbortSignal
  readonly parallel: number
  readonly progress: OnProgress
  readonly warn: (text: string) => void
}

/** Absolute paths by digest. The first failure ends the other transfers and is thrown. */
export async function download(
  packages: readonly WantedPackage[],
  context: DownloadContext,
): Promise<ReadonlyMap<string, string>> {
  const paths = new Map<string, string>()
  const missing = new Map<string, WantedPackage>()
  for (const wanted of packages) {
    const cached = context.system.useCachedPackage(wanted.sha256, wanted.size)
    if (cached === null) missing.set(wanted.sha256, wanted)
    else paths.set(wanted.sha256, cached)
  }
  if (missing.size > 0) await fetchAll([...missing.values()], context, paths)
  return paths
}

async function fetchAll(
  missing: readonly WantedPackage[],
  context: DownloadContext,
  paths: Map<string, string>,
): Promise<void> {
  const failure = new AbortController()
  const transport = context.open(AbortSignal.any([context.signal, failure.signal]))
  const queue = [...missing].sort((left, right) => right.size - left.size || byFilename(left, right))
  let first: unknown
  const worker = async () => {
    for (let wanted = queue.shift(); wanted !== undefined; wanted = queue.shift()) {
      try {
        paths.set(wanted.sha256, await fetchOne(wanted, transport, context))
      } catch (error) {
        first ??= error
        queue.length = 0
        failure.abort()
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(context.parallel, missing.length) }, worker))
  await transport.close()
  if (first !== undefined) throw first
}

const byFilename = (left: WantedPackage, right: WantedPackage): number =>
  left.filename < right.filename ? -1 : 1

async function fetchOne(
  wanted: WantedPackage,
  transport: Transport,
  context: DownloadContext,
): Promise<string> {
  return await atFirst(
    wanted.places,
    (place) => fetchFrom(place, wanted, transport, context),
    ({ address }, reason) => context.warn(`${address} was passed over for a mirror: ${reason}`),
  )
}

/** What was there of it from before may be damaged: then it is fetched once more, as a whole. */
async function fetchFrom(
  place: AddressedFile,
  wanted: WantedPackage,
  transport: Transport,
  context: DownloadContext,
): Promise<string> {
  const writer = context.system.createCacheFile(wanted.sha256, wanted.size)
  const hadSome = writer.written > 0
  try {
    return await receiveInto(writer, place, wanted, transport, context)
  } catch (error) {
    if (!hadSome || asPeiError(error)?.code !== 'PEI_DOWNLOAD_DIGEST') throw error
  }
  const anew = context.system.createCacheFile(wanted.sha256, wanted.size)
  return await receiveInto(anew, place, wanted, transport, context)
}

async function receiveInto(
  writer: CacheWriter,
  { address, location }: AddressedFile,
  { size, filename }: WantedPackage,
  transport: Transport,
  { progress }: DownloadContext,
): Promise<string> {
  const report = () =>
    progress({ phase: 'download', done: writer.written, total: size, unit: 'bytes', item: filename })
  const sink: PackageSink = {
    get written() {
      return writer.written
    },
    get source() {
      return writer.source
    },
    write(chunk) {
      writer.write(chunk)
      report()
    },
    remember: (from, validator) => writer.remember(from, validator),
    restart: () => writer.restart(),
  }
  try {
    report()
    await transport.stream({ address, location, limit: size }, sink)
    return writer.finish()
  } catch (error) {
    if (mayGoOn(error)) writer.keep()
    else writer.abort()
    throw named(error, address)
  }
}

/** A transfer that broke off, or was cancelled, left the beginning of the file; anything else is not worth keeping. */
function mayGoOn(error: unknown): boolean {
  const code = asPeiError(error)?.code
  return (
    code === 'PEI_CANCELLED' ||
    code === 'PEI_FETCH_FAILED' ||
    code === 'PEI_FETCH_STATUS' ||
    code === 'PEI_FETCH_TIMEOUT'
  )
}

/** The core's errors about size and digest do not know where the bytes came from. */
function named(error: unknown, address: string): unknown {
  const known = asPeiError(error)
  if (known === undefined || known.message.includes(address)) return error
  if (known.code === 'PEI_CANCELLED') return error
  return new PeiError(known.code, `${address}: ${known.message}`, { cause: error })
}
