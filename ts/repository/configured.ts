/** The repositories and settings that `<root>/conf/peipkg` configures. */
import {
  isRepositoryName,
  parseRepositoryFile,
  type RepositoryConfiguration,
} from '../config/repository-file.ts'
import { defaultSettings, parseSettings, type Settings } from '../config/settings.ts'
import { PeiError } from '../native/errors.ts'
import type { ConfigurationFile, RepositoryPolicy, System } from '../native/system.ts'

export interface Configured {
  /** By priority, then name. */
  readonly repositories: readonly RepositoryConfiguration[]
  /** One for each file that disables its repository, by name. */
  readonly problems: readonly { readonly name: string; readonly message: string }[]
}

const directory = 'conf/peipkg'
const suffix = '.repo'

/** An unreadable file disables that repository only (file 4). */
export async function readConfigured(system: System): Promise<Configured> {
  const repositories: RepositoryConfiguration[] = []
  const problems: { name: string; message: string }[] = []
  for (const file of system.readConfiguration()) {
    if (!file.name.endsWith(suffix)) continue
    const name = file.name.slice(0, -suffix.length)
    try {
      repositories.push(await readRepository(name, file))
    } catch (error) {
      if (!(error instanceof PeiError)) throw error
      problems.push({ name, message: error.message })
    }
  }
  repositories.sort((left, right) => left.priority - right.priority || (left.name < right.name ? -1 : 1))
  return { repositories, problems }
}

/** Throws PEI_CONFIG_INVALID: no change is made under settings that cannot be read. */
export async function readSettings(system: System): Promise<Settings> {
  const file = system.readConfiguration().find(({ name }) => name === 'peipkg.toml')
  if (file === undefined) return await defaultSettings()
  return await parseSettings(pathOf(file), textOf(file))
}

async function readRepository(name: string, file: ConfigurationFile): Promise<RepositoryConfiguration> {
  if (!isRepositoryName(name)) {
    throw invalid(`${pathOf(file)}: "${name}" is no repository name (a-z, 0-9 and -, at most 64 characters)`)
  }
  return await parseRepositoryFile(name, pathOf(file), textOf(file))
}

const pathOf = (file: ConfigurationFile): string => `/${directory}/${file.name}`

function textOf(file: ConfigurationFile): string {
  if (file.text !== undefined) return file.text
  const path = pathOf(file)
  const reason = file.error ?? 'cannot be read'
  // Most reasons name the path themselves.
  throw invalid(reason.includes(path) ? reason : `${path}: ${reason}`)
}

function invalid(message: string): PeiError {
  return new PeiError('PEI_CONFIG_INVALID', message)
}

/** `now`: seconds since 1970. */
export function policyOf(repository: RepositoryConfiguration, now: number): RepositoryPolicy {
  return {
    signaturePolicy: repository.signaturePolicy,
    anchors: [...repository.trustAnchors],
    minIndexVersion: repository.minIndexVersion,
    now,
  }
}

/** Without any anchor nothing can be verified: metadata and packages are taken as they come. */
export function isUnsigned(repository: RepositoryConfiguration): boolean {
  return repository.signaturePolicy === 'optional' && repository.trustAnchors.length === 0
}

/** What every operation that touches the repository says about it (file 4). */
export function standingWarnings(repository: RepositoryConfiguration): readonly string[] {
  const warnings: string[] = []
  if (isUnsigned(repository)) {
    warnings.push(
      `repository "${repository.name}" is unsigned — its metadata and packages are not cryptographically verified`,
    )
  }
  if ([repository.baseUrl, ...repository.mirrors].some((url) => /^http:/i.test(url))) {
    const exposed =
      repository.credentialsFile === null ? 'what is fetched' : 'what is fetched, and its password,'
    warnings.push(
      `repository "${repository.name}" is fetched over http — ${exposed} can be seen and withheld`,
    )
  }
  return [...warnings, ...longAges(repository)]
}

const day = 86_400

/** Ages that let a repository stand still for longer than is prudent. */
function longAges({ name, maxTrustedAge, maxIndexAge }: RepositoryConfiguration): readonly string[] {
  const warnings: string[] = []
  if (maxTrustedAge > 180 * day) {
    warnings.push(
      `repository "${name}" may stay without refresh for ${inDays(maxTrustedAge)} (max_trusted_age)`,
    )
  }
  if (maxIndexAge > 365 * day) {
    warnings.push(
      `repository "${name}" may offer an index that is ${inDays(maxIndexAge)} old (max_index_age)`,
    )
  }
  return warnings
}

const inDays = (seconds: number): string => `${Math.floor(seconds / day)} days`
