/** The archive index, fetched when a version is asked for that the active index does not hold. */
import type { RepositoryConfiguration } from '../config/repository-file.ts'
import { readDescriptor } from '../native/signature.ts'
import type { Adoption } from '../native/system.ts'
import { type AdoptContext, requireDescriptor, whileInconsistent } from './adopt.ts'
import { locationOf, policyOf } from './configured.ts'
import { conventionalIndex, fetchIndex } from './documents.ts'

/** Verified by the keys and floors that are trusted already: the descriptor fetched here only says where the index is. */
export async function adoptArchive(
  repository: RepositoryConfiguration,
  context: AdoptContext,
): Promise<Adoption> {
  const source = { location: locationOf(repository), transport: context.transport }
  return await whileInconsistent(context.signal, async () => {
    const descriptor = await requireDescriptor(repository, source)
    const pointer =
      descriptor === null ? conventionalIndex.archive : readDescriptor(descriptor.document).archive
    const { document, signature } = await fetchIndex(source, pointer)
    const policy = policyOf(repository, context.now)
    return await context.system.adoptArchive(repository.name, document, signature ?? undefined, policy)
  })
}
