/** The configured repositories, by priority. */
import type { RepositoryConfiguration } from '../config/repository-file.ts'
import { readConfigured } from '../repository/configured.ts'
import type { Session } from './session.ts'

export async function listRepositories(session: Session): Promise<readonly RepositoryConfiguration[]> {
  const { repositories, problems } = await readConfigured(session.system)
  for (const { message } of problems) session.reporter.fail(message)
  return repositories
}
