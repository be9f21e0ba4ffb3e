/** Names that repositories offer, for completion: whatever cannot be read is left out in silence. */
import type { System } from '../native/system.ts'
import { readConfigured } from '../repository/configured.ts'
import { requestRepositories } from './open-repositories.ts'

export async function availableNames(system: System): Promise<readonly string[]> {
  const { repositories } = await readConfigured(system)
  const now = Math.floor(Date.now() / 1000)
  return system.searchAvailable('', requestRepositories(repositories, now)).found.map(({ name }) => name)
}
