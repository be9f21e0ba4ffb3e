/** The addresses of one repository: its base URL, then its mirrors, tried in order (file 4). */
import type { RepositoryConfiguration } from '../config/repository-file.ts'
import { asPeiError, PeiError, reasonOf } from '../native/errors.ts'
import type { System } from '../native/system.ts'
import { type Credentials, readCredentials } from './credentials.ts'
import type { Location } from './resolve-url.ts'

/** Reads the credentials file, where one is configured. Throws PEI_CONFIG_INVALID. */
export function locationsOf(
  repository: RepositoryConfiguration,
  system: System,
): readonly [Location, ...Location[]] {
  const { baseUrl, mirrors, credentialsFile } = repository
  const credentials = credentialsFile === null ? undefined : readCredentials(credentialsFile, system)
  return [
    locationAt(baseUrl, repository, credentials),
    ...mirrors.map((url) => locationAt(url, repository, credentials)),
  ]
}

function locationAt(
  baseUrl: string,
  { allowInsecureTransport }: RepositoryConfiguration,
  credentials: Credentials | undefined,
): Location {
  return { baseUrl, insecure: allowInsecureTransport, credentials }
}

/** The same file at every address of its repository. One that the index names absolutely is nowhere else. */
export function addressesOf(url: string, locations: readonly Location[]): readonly AddressedFile[] {
  const [base] = locations as readonly [Location]
  const prefix = `${base.baseUrl}/`
  if (!url.startsWith(prefix)) return [{ address: url, location: base }]
  return locations.map((location) => ({
    address: `${location.baseUrl}/${url.slice(prefix.length)}`,
    location,
  }))
}

export interface AddressedFile {
  readonly address: string
  readonly location: Location
}

/** Failures of a server, or of what it has, which another server may not share. */
const ofTheServer = /^PEI_(DOWNLOAD|FETCH|JSON|KEY|REPO|SIGNATURE|TRUST)_/

/**
 * What `attempt` gives at the first place where it does not fail; `passed` hears of the places before that. When all
 * fail, the first failure is thrown, with the others' reasons.
 */
export async function atFirst<Place, Result>(
  places: readonly Place[],
  attempt: (place: Place) => Promise<Result>,
  passed: (place: Place, reason: string) => void,
): Promise<Result> {
  const failures: { readonly place: Place; readonly error: unknown }[] = []
  for (const place of places) {
    try {
      const result = await attempt(place)
      for (const failure of failures) passed(failure.place, reasonOf(failure.error))
      return result
    } catch (error) {
      if (!ofTheServer.test(asPeiError(error)?.code ?? '')) throw error
      failures.push({ place, error })
    }
  }
  throw together(failures.map(({ error }) => error))
}

function together(errors: readonly unknown[]): unknown {
  const first = asPeiError(errors[0])
  if (first === undefined || errors.length === 1) return errors[0]
  const rest = errors.slice(1).map((error) => `\n  and a mirror: ${reasonOf(error)}`)
  return new PeiError(first.code, first.message + rest.join(''), { cause: errors[0] })
}
