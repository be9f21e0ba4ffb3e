/** Fetches packages into the cache: several at a time, the largest first, hashed while they stream (file 4). */
import { asPeiError, PeiError } from '../native/errors.ts'
import type { System } from '../native/system.ts'
import type { OnProgress } from '../native/task.ts'
import type { Location } from './resolve-url.ts'
import type { Transport } from './transport.ts'

export interface WantedPackage {
  readonly address: string
  readonly location: Location
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
}

/** Absolute paths by digest. The first failure ends the other transfers and is thrown. */
export async function download(
  packages: readonly WantedPackage[],
  context: DownloadContext,
): Promise<ReadonlyMap<string, string>> {
  const paths = new Map<string, string>()
  const missing = new Map<string, WantedPackage>()
  for (const wanted of packages) {
    const cached = context.system.cachedPackage(wanted.sha256, wanted.size)
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
  { system, progress }: DownloadContext,
): Promise<string> {
  const { address, location, size, filename } = wanted
  const writer = system.createCacheFile(wanted.sha256, size)
  const report = (done: number) =>
    progress({ phase: 'download', done, total: size, unit: 'bytes', item: filename })
  let done = 0
  try {
    report(0)
    await transport.stream({ address, location, limit: size }, (chunk) => {
      writer.write(chunk)
      done += chunk.length
      report(done)
    })
    return writer.finish()
  } catch (error) {
    writer.abort()
    throw named(error, address)
  }
}

/** The core's errors about size and digest do not know where the bytes came from. */
function named(error: unknown, address: string): unknown {
  const known = asPeiError(error)
  if (known === undefined || known.message.includes(address)) return error
  if (known.code === 'PEI_CANCELLED') return error
  return new PeiError(known.code, `${address}: ${known.message}`, { cause: error })
}
