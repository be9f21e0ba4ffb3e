/** Turning `allow_insecure_transport` on for a repository that is trusted already is an elevated action (file 4). */
import type { RepositoryConfiguration } from '../config/repository-file.ts'
import type { RepositoryRecord } from '../native/system.ts'
import type { ElevatedAction } from './elevated-action.ts'

/** One for each repository that was trusted while the setting was off, and has it on now. */
export function insecureActions(
  repositories: readonly RepositoryConfiguration[],
  records: readonly RepositoryRecord[],
): readonly ElevatedAction[] {
  const secured = new Set(records.flatMap(({ name, insecure }) => (insecure ? [] : [name])))
  return repositories
    .filter(({ name, allowInsecureTransport }) => allowInsecureTransport && secured.has(name))
    .map(({ name }) => ({
      kind: 'insecure-transport',
      subjects: [name],
      text: `the trusted repository "${name}" would be fetched over unencrypted transport (allow_insecure_transport)`,
    }))
}
