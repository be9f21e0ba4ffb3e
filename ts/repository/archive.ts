/** The archive index, fetched when a version is asked for that the active index does not hold. */
import type { RepositoryConfiguration } from '../config/repository-file.ts'
import { readDescriptor } from '../native/signature.ts'
import type { Adoption } from '../native/system.ts'
import { type AdoptContext, fromSomewhere, requireDescriptor, whileInconsistent } from './adopt.ts'
import { policyOf } from './configured.ts'
import { conventionalIndex, fetchIndex, type RepositorySource } from './documents.ts'

/** Verified by the keys and floors that are trusted already: the descriptor fetched here only says where the index is. */
export async function adoptArchive(
  repository: RepositoryConfiguration,
  context: AdoptContext,
): Promise<Adoption> {
  return await fromSomewhere(repository, context, (source) =>
    whileInconsistent(context.signal, (isFirst) => adoptFrom(source, repository, context, isFirst)),
  )
}

async function adoptFrom(
  source: RepositorySource,
  repository: RepositoryConfiguration,
  { system, now }: AdoptContext,
  mayBeCached: boolean,
): Promise<Adoption> {
  const { name } = repository
  const descriptor = await requireDescriptor(repository, source)
  const pointer =
    descriptor === null ? conventionalIndex.archive : readDescriptor(descriptor.document).archive
  const known = mayBeCached ? system.knownIndex(name, 'archive') : null
  const index = await fetchIndex(source, pointer, known)
  const update = {
    name,
    ...(index.signature ? { indexSignature: index.signature } : {}),
    ...(index.document === null && known ? { cachedIndex: known.sha256 } : {}),
    ...(index.validators === null ? {} : { validators: index.validators }),
  }
  return await system.adoptArchive(update, index.document, policyOf(repository, now))
}
