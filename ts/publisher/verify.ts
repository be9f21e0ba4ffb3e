/** Checks a published repository: its documents first, then the bytes they name. */
import { type RepositoryCheck, verifyRepository } from '../native/producer.ts'
import { cancellable, type OnProgress } from '../native/task.ts'
import { checkDirectory } from './directory.ts'

export interface VerifyRequest {
  readonly directory: string
  /** `both`: the hashes only when the documents are in order. */
  readonly mode: 'metadata' | 'hashes' | 'both'
  /** Where package files are looked for by name; default: the repository itself. */
  readonly packagesDirectory: string | undefined
}

export async function verifyPublished(
  request: VerifyRequest,
  progress: OnProgress,
  signal: AbortSignal,
): Promise<RepositoryCheck> {
  checkDirectory(request.directory)
  if (request.packagesDirectory !== undefined) checkDirectory(request.packagesDirectory)
  const check = (mode: 'metadata' | 'hashes') =>
    cancellable(signal, (token) => verifyRepository(nativeRequest(request, mode), progress, token))
  if (request.mode !== 'both') return await check(request.mode)
  const metadata = await check('metadata')
  if (metadata.issues.length > 0) return metadata
  return await check('hashes')
}

function nativeRequest({ directory, packagesDirectory }: VerifyRequest, mode: 'metadata' | 'hashes') {
  return { directory, mode, ...(packagesDirectory === undefined ? {} : { packagesDirectory }) }
}
